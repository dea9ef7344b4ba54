//! Makes WebAssembly smaller on the network than compilers leave it.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

use anyhow::{Context, Result};
use walrus::{FunctionBuilder, FunctionKind, Module};
use wasm_encoder::reencode::{Error as ReencodeError, Reencode};
use wasm_encoder::{CodeSection, FunctionSection};
use wasmparser::{CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef};

/// What Leptos runs only where it takes over pages bit by bit (`hydrate_lazy`, islands). Our pages are
/// taken over whole, but every view's table of functions holds these too.
const NEVER_RUN: &[&str] = &["hydrate_async", "new_with_async_value_erased"];

/// Empties the functions that never run, and drops what only they needed. Needs the names of functions.
pub fn without_unused(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(wasm)?;
    let unused: Vec<_> = module
        .funcs
        .iter()
        .filter(|function| matches!(function.kind, FunctionKind::Local(_)))
        .filter(|function| {
            let name = function.name.as_deref().map(|name| format!("{:#}", rustc_demangle::demangle(name)));
            name.is_some_and(|name| never_runs(&name))
        })
        .map(|function| (function.id(), function.ty()))
        .collect();
    for (function, ty) in unused {
        let (params, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.func_body().unreachable();
        let arguments = params.into_iter().map(|param| module.locals.add(param)).collect();
        module.funcs.get_mut(function).kind = FunctionKind::Local(builder.local_func(arguments));
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Whether this is one of [`NEVER_RUN`] or the future that it makes. Functions inside of them don't count:
/// compilers merge those with equal ones that do run.
fn never_runs(path: &str) -> bool {
    let mut outside = String::new();
    let mut depth = 0_usize;
    for character in path.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(character),
            _ => {}
        }
    }
    let mut parts = outside.rsplit("::").skip_while(|part| part.is_empty() || part.starts_with('{'));
    parts.next().is_some_and(|last| NEVER_RUN.contains(&last))
}

/// Merges functions that are equal, and puts similar ones side by side, where compression sees that they
/// are.
pub fn arrange(wasm: &[u8]) -> Result<Vec<u8>> {
    let functions = Functions::read(wasm)?;
    let merged = functions.merged()?;
    let kept: BTreeSet<u32> = merged.iter().copied().filter(|&index| index >= functions.imported).collect();
    let mut order = Vec::with_capacity(kept.len());
    for index in kept {
        let body = functions.body_with(index, &merged)?;
        order.push((body.len(), body, index));
    }
    order.sort_unstable();

    let mut positions: HashMap<u32, u32> = (0..functions.imported).map(|index| (index, index)).collect();
    for ((_, _, index), position) in order.iter().zip(functions.imported..) {
        positions.insert(*index, position);
    }
    let new_index = merged.iter().map(|target| positions[target]).collect();
    let order = order.into_iter().map(|(_, _, index)| index).collect();
    let mut module = wasm_encoder::Module::new();
    Arranged { functions: &functions, order, new_index }
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .context("can't write the WebAssembly with its functions in another order")?;
    Ok(module.finish())
}

/// The functions of a module. An index counts the imported ones first, as WebAssembly does.
struct Functions<'a> {
    imported: u32,
    /// Of those that aren't imported.
    types: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Functions<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self> {
        let mut functions = Self { imported: 0, types: Vec::new(), bodies: Vec::new() };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.context("the WebAssembly can't be read")? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        functions.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    functions.types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => functions.bodies.push(body),
                _ => {}
            }
        }
        Ok(functions)
    }

    /// For each function the first that equals it; calls of equal functions are equal.
    fn merged(&self) -> Result<Vec<u32>> {
        let count = self.imported + u32::try_from(self.bodies.len())?;
        let mut merged: Vec<u32> = (0..count).collect();
        loop {
            let mut first = HashMap::new();
            let mut next = merged.clone();
            for (index, ty) in (self.imported..).zip(&self.types) {
                let same = (ty, self.body_with(index, &merged)?);
                next[index as usize] = *first.entry(same).or_insert(index);
            }
            if next == merged {
                return Ok(merged);
            }
            merged = next;
        }
    }

    /// The code of a function that isn't imported, calling by `new_index`.
    fn body_with(&self, index: u32, new_index: &[u32]) -> Result<Vec<u8>> {
        let mut code = CodeSection::new();
        let body = self.bodies[(index - self.imported) as usize].clone();
        Renumbered(new_index).parse_function_body(&mut code, body)?;
        let mut bytes = Vec::new();
        wasm_encoder::Encode::encode(&code, &mut bytes);
        Ok(bytes)
    }
}

struct Renumbered<'a>(&'a [u32]);

impl Reencode for Renumbered<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, ReencodeError> {
        Ok(self.0[index as usize])
    }
}

struct Arranged<'a> {
    functions: &'a Functions<'a>,
    /// The indices, as they were, in the new order.
    order: Vec<u32>,
    new_index: Vec<u32>,
}

impl Reencode for Arranged<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, ReencodeError> {
        Ok(self.new_index[index as usize])
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        _: FunctionSectionReader<'_>,
    ) -> Result<(), ReencodeError> {
        for index in &self.order {
            section.function(self.functions.types[(index - self.functions.imported) as usize]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        section: &mut CodeSection,
        _: CodeSectionReader<'_>,
    ) -> Result<(), ReencodeError> {
        for index in std::mem::take(&mut self.order) {
            let body = self.functions.bodies[(index - self.functions.imported) as usize].clone();
            self.parse_function_body(section, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `twin_a` and `twin_b` are equal but for whom they call, and those are equal; `main` calls both.
    const TWINS: &str = r#"
        (module
          (import "page" "log" (func $log (param i32)))
          (func $main (export "main") (result i32) i32.const 1 call $twin_a i32.const 2 call $twin_b i32.add)
          (func $twin_a (param i32) (result i32) local.get 0 call $callee_a)
          (func $callee_a (param i32) (result i32) local.get 0 call $log local.get 0)
          (func $twin_b (param i32) (result i32) local.get 0 call $callee_b)
          (func $callee_b (param i32) (result i32) local.get 0 call $log local.get 0))
    "#;

    #[test]
    fn equal_functions_become_one_and_the_module_stays_valid() {
        let before = wat::parse_str(TWINS).expect("a module");
        let after = arrange(&before).expect("arranged");

        assert_eq!(Functions::read(&before).expect("readable").bodies.len(), 5);
        assert_eq!(Functions::read(&after).expect("readable").bodies.len(), 3);
        wasmparser::validate(&after).expect("valid");
        let printed = wasmprinter::print_bytes(&after).expect("printable");
        let main = printed.split("(func").find(|part| part.contains("i32.add")).expect("main is kept");
        let calls: Vec<_> = main.lines().filter(|line| line.contains("call")).map(str::trim).collect();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0], calls[1]);
    }

    #[test]
    fn a_future_belongs_to_its_function_but_a_function_inside_does_not() {
        assert!(never_runs("<T as tachys::view::any_view::IntoAny>::into_any::hydrate_async"));
        assert!(never_runs("<F as tachys::RenderHtml>::hydrate_async::{{closure}}::{{closure}}"));
        assert!(never_runs("<F as tachys::RenderHtml>::hydrate_async::<app::Page>::{closure#0}"));
        assert!(!never_runs("<H as tachys::RenderHtml>::hydrate_async::{{closure}}::inner_1"));
        assert!(!never_runs("core::ptr::drop_in_place<<H as RenderHtml>::hydrate_async::{{closure}}>"));
        assert!(!never_runs("<T as tachys::RenderHtml>::hydrate"));
    }

    #[test]
    fn functions_that_never_run_lose_their_code_and_what_only_they_call() {
        let wasm = wat::parse_str(
            r#"(module
              (table (export "table") funcref (elem $view::hydrate_async $view::build))
              (func $only_async (result i32) i32.const 1)
              (func $view::hydrate_async (result i32) call $only_async)
              (func $view::build (export "build") (result i32) i32.const 2))"#,
        );
        let shrunk = without_unused(&wasm.expect("a module")).expect("readable");

        let module = Module::from_buffer(&shrunk).expect("readable");
        let names: Vec<_> = module.funcs.iter().filter_map(|function| function.name.clone()).collect();
        assert_eq!(names, ["view::hydrate_async", "view::build"]);
        wasmparser::validate(&shrunk).expect("valid");
    }
}
