//! A version's signature, and whether callers of the version that serves notice a difference.

use domain::reviews::signature::{
    Column, Finding, Param, Schema, Severity, Signature, SignatureTexts, Tensor, compare, worst,
};
use leptos::prelude::*;

use crate::components::prose;
use crate::plain::Table;

#[component]
pub fn SignaturePart(
    texts: Option<SignatureTexts>,
    /// The version that serves, and its signature.
    champion: Option<(i64, Option<SignatureTexts>)>,
    /// Whether the files have been read: before that nothing is known.
    is_read: bool,
) -> impl IntoView {
    let parsed = texts.as_ref().map(SignatureTexts::parse).transpose();
    let content = match parsed {
        Err(unreadable) => {
            view! { <p class="form-problem" role="alert">{prose(&unreadable.to_string())}</p> }.into_any()
        }
        Ok(None) if !is_read => {
            view! { <p class="nothing">"It isn’t known: the files haven’t been read."</p> }.into_any()
        }
        Ok(signature) => {
            let compared =
                champion.map(|(number, theirs)| compatibility(number, theirs.as_ref(), signature.as_ref()));
            let shown = match signature {
                Some(signature) if !signature.is_empty() => tables(signature),
                _ => view! {
                    <p class="nothing">
                        "The model was logged without one: nothing tells callers what works. Log it with "
                        <code>"signature=infer_signature(X, y)"</code> " or an input example."
                    </p>
                }
                .into_any(),
            };
            view! { {compared} {shown} }.into_any()
        }
    };
    view! {
        <section class="part" aria-labelledby="signature">
            <h2 id="signature">"Signature"</h2>
            {content}
        </section>
    }
}

fn compatibility(number: i64, theirs: Option<&SignatureTexts>, ours: Option<&Signature>) -> AnyView {
    let Ok(theirs) = theirs.map(SignatureTexts::parse).transpose() else {
        let words = format!("The signature of version {number}, which serves, can’t be read.");
        return view! { <p class="nothing">{words}</p> }.into_any();
    };
    let findings = compare(theirs.as_ref(), ours);
    let verdict = if findings.is_empty() {
        format!("As that of version {number}, which serves")
    } else {
        match worst(&findings) {
            Severity::Ok | Severity::Note => {
                format!("Callers of version {number}, which serves, needn’t change")
            }
            Severity::Risky => format!("Some callers of version {number}, which serves, may fail"),
            Severity::Breaking => format!("Callers of version {number}, which serves, will fail"),
        }
    };
    let badge = severity(worst(&findings));
    let list = (!findings.is_empty()).then(|| finding_table(findings));
    view! {
        <p class="compatibility">{badge} <span>{verdict}</span></p>
        {list}
    }
    .into_any()
}

/// Word and shape.
fn severity(severity: Severity) -> AnyView {
    let (class, word, shape) = match severity {
        Severity::Ok => ("severity ok", "Compatible", "M3.500 8.300 6.800 11.500 12.500 4.800"),
        Severity::Note => ("severity note", "Note", "M8 7v5M8 4v.600"),
        Severity::Risky => ("severity risky", "Risky", "M8 3v6.500M8 12v.600"),
        Severity::Breaking => ("severity breaking", "Breaking", "M4.500 4.500l7 7M11.500 4.500l-7 7"),
    };
    view! {
        <span class=class>
            <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false"><path d=shape/></svg>
            <span>{word}</span>
        </span>
    }
    .into_any()
}

fn finding_table(mut findings: Vec<Finding>) -> AnyView {
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let rows = findings.into_iter().map(|finding| {
        view! {
            <tr>
                <td>{severity(finding.severity)}</td>
                <th scope="row"><code>{finding.path}</code></th>
                <td>{finding.old}</td>
                <td>{finding.new}</td>
                <td>{finding.message}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let head = view! {
        <th scope="col">"Effect"</th>
        <th scope="col">"Where"</th>
        <th scope="col">"Serves"</th>
        <th scope="col">"This version"</th>
        <th scope="col">"Who notices"</th>
    }
    .into_any();
    view! {
        <Table name="What callers notice" class="findings" head>{rows}</Table>
    }
    .into_any()
}

/// A name, a type, and what else is to be said.
type Row = (String, String, String);

fn tables(signature: Signature) -> AnyView {
    let schema = |title: &'static str, schema: Option<Schema>| match schema {
        None => fields(title, ("Type", "Required"), Vec::new()),
        Some(Schema::Columns(columns)) => {
            let rows = columns.into_iter().enumerate().map(column).collect();
            fields(title, ("Type", "Required"), rows)
        }
        Some(Schema::Tensors(tensors)) => {
            let rows = tensors.into_iter().enumerate().map(tensor).collect();
            fields(title, ("Type", "Shape"), rows)
        }
    };
    let params = signature
        .params
        .filter(|params| !params.is_empty())
        .map(|params| fields("Params", ("Type", "Default"), params.into_iter().map(param).collect()));
    view! {
        <div class="signature">
            {schema("Inputs", signature.inputs)}
            {schema("Outputs", signature.outputs)}
            {params}
        </div>
    }
    .into_any()
}

/// What has no name is known by its place.
fn named(index: usize, name: Option<String>) -> String {
    name.unwrap_or_else(|| format!("#{}", index + 1))
}

fn column((index, column): (usize, Column)) -> Row {
    let required = if column.is_required { "required" } else { "optional" };
    (named(index, column.name), column.kind.to_string(), required.into())
}

fn tensor((index, tensor): (usize, Tensor)) -> Row {
    let shape: Vec<_> = tensor
        .shape
        .iter()
        .map(|length| if *length < 0 { "any".into() } else { length.to_string() })
        .collect();
    (named(index, tensor.name), tensor.dtype, format!("({})", shape.join(", ")))
}

fn param(param: Param) -> Row {
    let list = if param.is_list { "list of " } else { "" };
    (param.name, format!("{list}{}", param.kind), param.default.to_string())
}

fn fields(title: &'static str, (second, third): (&'static str, &'static str), rows: Vec<Row>) -> AnyView {
    if rows.is_empty() {
        return view! {
            <div><h3 class="field-title">{title}</h3><p class="nothing">"Not said."</p></div>
        }
        .into_any();
    }
    let rows = rows.into_iter().map(|(name, kind, more)| {
        view! { <tr><th scope="row">{name}</th><td><code>{kind}</code></td><td>{more}</td></tr> }
    });
    let rows = rows.collect_view();
    let head = view! {
        <th scope="col">"Name"</th>
        <th scope="col">{second}</th>
        <th scope="col">{third}</th>
    }
    .into_any();
    view! {
        <div>
            <h3 class="field-title">{title}</h3>
            <Table name=title head>{rows}</Table>
        </div>
    }
    .into_any()
}
