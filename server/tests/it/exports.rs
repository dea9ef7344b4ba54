use std::collections::BTreeMap;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use reqwest::header;
use serde_json::{Value, json};

use crate::app::TestApp;

struct File {
    status: u16,
    kind: String,
    disposition: String,
    bytes: bytes::Bytes,
}

impl File {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("is text")
    }

    /// The columns with a value of each row, as text.
    fn parquet(&self) -> Vec<BTreeMap<String, String>> {
        let reader = SerializedFileReader::new(self.bytes.clone()).expect("is Parquet");
        let rows = reader.get_row_iter(None).expect("has rows");
        let cells = |row: parquet::record::Row| {
            let cells = row.get_column_iter().filter(|(_, field)| !matches!(field, Field::Null));
            cells.map(|(name, field)| (name.clone(), field.to_string())).collect()
        };
        rows.map(|row| cells(row.expect("is read"))).collect()
    }
}

async fn file(app: &TestApp, path: &str, accept: &str) -> File {
    let request = app.request(reqwest::Method::GET, &format!("/api/v1/{path}"));
    let response = request.header(header::ACCEPT, accept).send().await.expect("an answer");
    let of = |name: header::HeaderName| {
        response.headers().get(name).map(|value| value.to_str().expect("is text").to_owned())
    };
    File {
        status: response.status().as_u16(),
        kind: of(header::CONTENT_TYPE).unwrap_or_default(),
        disposition: of(header::CONTENT_DISPOSITION).unwrap_or_default(),
        bytes: response.bytes().await.expect("a body"),
    }
}

/// One run with everything, one with nothing.
async fn two_runs(app: &TestApp) -> (String, String, String) {
    let experiment = app.create_experiment("exported").await;
    let full = app.create_run_at(&experiment, 1_700_000_000_123).await;
    let points = [(0, "NaN"), (1, "0.25")].map(|(step, value)| {
        json!({ "key": "a/b", "value": value, "step": step, "timestamp": 1_700_000_000_000_i64 + step })
    });
    let once = json!({ "key": "ü", "value": "-Infinity", "step": 0, "timestamp": 5 });
    let batch = json!({
        "metrics": [points[0], points[1], once],
        "params": [{ "key": "formula", "value": "=1+1" }, { "key": "lr", "value": "-0.1" }],
        "tags": [{ "key": "note", "value": "two\nlines, \"quoted\"" }],
    });
    app.log(&full, batch).await;
    let empty = app.create_run_at(&experiment, 1_600_000_000_000).await;
    (experiment, full, empty)
}

#[tokio::test]
async fn the_runs_of_an_experiment_are_a_file_in_each_format() {
    let app = TestApp::start().await;
    let (experiment, full, empty) = two_runs(&app).await;
    let asked = "columns=run_id,start_time,end_time,metrics.a/b,metrics.%C3%BC&columns=params.formula\
                 &columns=params.lr&columns=tags.note&columns=params.later";
    let of = async |ending: &str, accept: &str| {
        let path = format!("experiments/{experiment}/runs{ending}?{asked}");
        let file = file(&app, &path, accept).await;
        assert_eq!(file.status, 200, "{}", file.text());
        file
    };

    let csv = of(".csv", "*/*").await;
    assert_eq!(csv.kind, "text/csv; charset=utf-8");
    assert_eq!(csv.disposition, format!("attachment; filename=\"runs-of-experiment-{experiment}.csv\""));
    let expected = format!(
        "run_id,start_time,end_time,metrics.a/b,metrics.ü,params.formula,params.lr,tags.note,params.later\r\n\
         {full},2023-11-14T22:13:20.123Z,,0.25,-inf,'=1+1,-0.1,\"two\nlines, \"\"quoted\"\"\",\r\n\
         {empty},2020-09-13T12:26:40.000Z,,,,,,,\r\n"
    );
    assert_eq!(csv.text(), expected);

    let rows = json!([
        {
            "run_id": full, "start_time": "2023-11-14T22:13:20.123Z", "metrics.a/b": 0.25,
            "metrics.ü": "-Infinity", "params.formula": "=1+1", "params.lr": "-0.1",
            "tags.note": "two\nlines, \"quoted\"",
        },
        { "run_id": empty, "start_time": "2020-09-13T12:26:40.000Z" },
    ]);
    for (ending, accept) in [(".json", "text/csv"), ("", "application/json"), ("", "*/*")] {
        let list = of(ending, accept).await;
        assert_eq!(list.kind, "application/json");
        assert_eq!(serde_json::from_slice::<Value>(&list.bytes).expect("is JSON"), rows);
    }
    let lines = of("", "application/x-ndjson").await;
    let lines: Vec<Value> =
        lines.text().lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    assert_eq!(Value::from(lines), rows);

    let table = of(".parquet", "*/*").await;
    let quoted = |text: &str| format!("\"{text}\"");
    let cells = table.parquet();
    assert_eq!(cells.len(), 2);
    assert_eq!(cells[0]["run_id"], quoted(&full));
    assert_eq!(cells[0]["metrics.a/b"], "0.25");
    assert_eq!(cells[0]["params.formula"], quoted("=1+1"));
    assert!(cells[0]["start_time"].starts_with("2023-11-14 22:13:20"), "{}", cells[0]["start_time"]);
    assert_eq!(cells[1].keys().collect::<Vec<_>>(), ["run_id", "start_time"]);
}

#[tokio::test]
async fn an_export_takes_filter_order_and_view_and_goes_over_pages() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("many").await;
    // Some hundred columns make pages of some hundred runs.
    let wide: Vec<_> = (0..400)
        .map(|at| json!({ "key": format!("m{at}"), "value": at, "step": 0, "timestamp": 1 }))
        .collect();
    let mut last = String::new();
    for at in 0..1200 {
        let run = app.create_run_at(&experiment, 1_000 + at).await;
        if at % 100 == 0 {
            app.log(&run, json!({ "metrics": wide })).await;
            app.log(&run, json!({ "params": [{ "key": "kind", "value": "wide" }] })).await;
        }
        last = run;
    }
    app.ok("runs/delete", json!({ "run_id": last })).await;
    let rows = async |query: &str| {
        let path = format!("experiments/{experiment}/runs.jsonl?{query}");
        let lines = file(&app, &path, "*/*").await;
        let rows = lines.text().lines().map(|line| serde_json::from_str::<Value>(line).expect("is JSON"));
        rows.collect::<Vec<_>>()
    };
    let all = rows("order_by=start_time ASC").await;
    assert_eq!(all.len(), 1199);
    let starts: Vec<_> = all.iter().map(|row| row["start_time"].as_str().expect("a time")).collect();
    assert!(starts.is_sorted() && starts[0] == "1970-01-01T00:00:01.000Z", "{:?}", &starts[..3]);
    assert_eq!(all.iter().filter(|row| row["metrics.m399"] == 399.0).count(), 12);
    let wide = rows("filter=params.kind = 'wide'&columns=lifecycle_stage").await;
    assert_eq!(wide, vec![json!({ "lifecycle_stage": "active" }); 12]);
    let deleted = rows("view=deleted&columns=run_id,lifecycle_stage").await;
    assert_eq!(deleted, [json!({ "run_id": last, "lifecycle_stage": "deleted" })]);
    assert_eq!(rows("view=all&columns=run_id").await.len(), 1200);

    let path = format!("experiments/{experiment}/runs.parquet");
    assert_eq!(file(&app, &path, "*/*").await.parquet().len(), 1199);
}

#[tokio::test]
async fn the_curves_of_runs_are_a_file() {
    let app = TestApp::start().await;
    let (experiment, full, _) = two_runs(&app).await;
    let head = "run_id,metric,step,timestamp,value\r\n";
    let first = format!("{full},a/b,0,2023-11-14T22:13:20.000Z,NaN\r\n");
    let second = format!("{full},a/b,1,2023-11-14T22:13:20.001Z,0.25\r\n");
    let once = format!("{full},ü,0,1970-01-01T00:00:00.005Z,-inf\r\n");
    for (path, expected) in [
        (format!("runs/{full}/metrics.csv"), format!("{head}{first}{second}{once}")),
        (format!("runs/{full}/metrics.csv?metric=a/b"), format!("{head}{first}{second}")),
        (format!("runs/{full}/metrics.csv?metric=later"), head.to_owned()),
        (format!("experiments/{experiment}/metrics.csv"), format!("{head}{first}{second}{once}")),
        (format!("experiments/{experiment}/metrics.csv?metric=ü&metric=x"), format!("{head}{once}")),
        (format!("experiments/{experiment}/metrics.csv?filter=params.lr = '1'"), head.to_owned()),
    ] {
        let csv = file(&app, &path, "*/*").await;
        assert_eq!((csv.status, csv.text()), (200, &*expected), "{path}");
    }
    for part in 0..25 {
        let points: Vec<_> = (0..1000)
            .map(|at| part * 1000 + at)
            .map(|step| json!({ "key": "long", "value": step, "step": step, "timestamp": step }))
            .collect();
        app.log(&full, json!({ "metrics": points })).await;
    }
    let lines = file(&app, &format!("runs/{full}/metrics.jsonl?metric=long"), "*/*").await;
    assert_eq!(lines.text().lines().count(), 25_000);
}

#[tokio::test]
async fn an_empty_export_is_a_file_and_a_wrong_one_says_what_is_wrong() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("empty").await;
    let of = async |path: &str, accept: &str| file(&app, path, accept).await;
    let runs = format!("experiments/{experiment}/runs");
    let head = "run_id,experiment_id,status,artifact_uri,start_time,end_time\r\n";
    assert_eq!(of(&format!("{runs}.csv"), "*/*").await.text(), head);
    assert_eq!(of(&format!("{runs}.json"), "*/*").await.text(), "[]\n");
    assert_eq!(of(&format!("{runs}.jsonl"), "*/*").await.text(), "");
    assert_eq!(of(&format!("{runs}.parquet"), "*/*").await.parquet(), []);
    for (path, status, says) in [
        (format!("{runs}.csv?filter=metrics.a >"), 400, "filter"),
        (format!("{runs}.csv?order_by=nothing"), 400, "nothing"),
        (format!("{runs}.csv?view=old"), 400, "active, deleted and all"),
        (format!("{runs}.csv?columns=auc"), 400, "`auc` is no column"),
        ("experiments/99999/runs.csv".into(), 404, "99999"),
        ("experiments/abc/metrics.csv".into(), 400, "abc"),
        ("runs/abc/metrics.csv".into(), 404, "abc"),
    ] {
        let refused = of(&path, "*/*").await;
        assert_eq!(refused.status, status, "{path}: {}", refused.text());
        assert!(refused.text().contains(says), "{path}: {}", refused.text());
    }
    let refused = of(&runs, "image/png").await;
    assert_eq!(refused.status, 406);
    assert!(refused.text().contains("text/csv"), "{}", refused.text());
}

#[tokio::test]
async fn a_page_offers_the_files_of_the_runs_that_its_table_shows() {
    let app = TestApp::start().await;
    let (experiment, ..) = two_runs(&app).await;
    let page = async |query: &str| {
        let path = format!("/experiments/{experiment}/export{query}");
        app.send(app.request(reqwest::Method::GET, &path)).await
    };
    let text = |reply: &crate::app::Reply| reply.json.as_str().expect("a page").to_owned();
    let all = page("").await;
    assert!(all.status == 200 && text(&all).contains("2 runs"), "{}", text(&all));
    let chosen = page("?filter=params.lr%20%3D%20'-0.1'&cols=params.lr&order=metrics.a/b:desc").await;
    let html = text(&chosen);
    assert!(html.contains("1 run") && html.contains("that match"), "{html}");
    let links: Vec<_> = html
        .split("href=\"/api/v1/")
        .skip(1)
        .map(|rest| rest.split('"').next().expect("a link").replace("&amp;", "&"))
        .collect();
    assert_eq!(links.len(), 12, "{links:?}");
    for link in &links {
        let file = file(&app, link, "*/*").await;
        assert_eq!(file.status, 200, "{link}");
        assert!(file.disposition.starts_with("attachment"), "{link}");
    }
    let some = links.iter().find(|link| link.contains("runs.csv") && link.contains("columns=")).expect("one");
    let csv = file(&app, some, "*/*").await;
    assert!(csv.text().starts_with("run_id,run_name,params.lr\r\n"), "{}", csv.text());
    assert_eq!(csv.text().lines().count(), 2);

    let wrong = page("?filter=metrics.a%20%3E").await;
    assert_eq!(wrong.status, 400);
    assert!(!text(&wrong).contains("/api/v1/"), "offers nothing that would fail");
    assert_eq!(page("?view=deleted").await.status, 200);
    let nowhere = app.send(app.request(reqwest::Method::GET, "/experiments/99999/export")).await;
    assert_eq!(nowhere.status, 404);
}
