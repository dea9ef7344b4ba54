use bytes::Bytes;
use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::app::TestApp;

struct Answer {
    status: StatusCode,
    kind: String,
    tag: String,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("is text")
    }
}

async fn chart(app: &TestApp, path: &str, known: &str) -> Answer {
    let request = app.request(Method::GET, &format!("/api/v1/charts/{path}"));
    let response = request.header(header::IF_NONE_MATCH, known).send().await.expect("an answer");
    let of = |name: header::HeaderName| {
        let value = response.headers().get(name).map(|value| value.to_str().expect("is text").to_owned());
        value.unwrap_or_default()
    };
    Answer {
        status: response.status(),
        kind: of(header::CONTENT_TYPE),
        tag: of(header::ETAG),
        body: response.bytes().await.expect("a body"),
    }
}

/// An experiment with two runs, `net` and `<tree>`, which log a loss.
async fn two_curves(app: &TestApp) -> (String, [String; 2]) {
    let experiment = app.create_experiment("charted").await;
    let mut runs = Vec::new();
    for (name, height) in [("net", 1.0), ("<tree>", 2.0)] {
        let run = app.create_run(&experiment).await;
        app.ok("runs/update", json!({ "run_id": run, "run_name": name })).await;
        let points: Vec<_> = (0..200)
            .map(|step| {
                json!({ "key": "loss", "value": height / f64::from(step + 1), "step": step, "timestamp": 1000 * step })
            })
            .collect();
        app.log(&run, json!({ "metrics": points })).await;
        app.log(&run, json!({ "metrics": [{ "key": "auc", "value": "NaN", "step": 0, "timestamp": 1 }] }))
            .await;
        runs.push(run);
    }
    (experiment, runs.try_into().expect("two"))
}

#[tokio::test]
async fn a_chart_of_curves_has_an_address_in_each_format() {
    let app = TestApp::start().await;
    let (experiment, [net, tree]) = two_curves(&app).await;
    let asked = format!("run={net}&run={tree}&metric=loss");
    let svg = chart(&app, &format!("curves.svg?{asked}&title=The%20loss&smooth=0.9&log=true"), "").await;
    assert_eq!((svg.status, &*svg.kind), (StatusCode::OK, "image/svg+xml"));
    let text = svg.text();
    assert!(text.starts_with("<svg xmlns=") && text.contains(">The loss</text>"), "{text}");
    assert!(text.contains(">net</text>") && text.contains(">&lt;tree&gt;</text>"), "{text}");
    assert!(text.contains("net: starts at 1, ends at 0.005"), "{text}");
    let again =
        chart(&app, &format!("curves.svg?{asked}&title=The%20loss&smooth=0.9&log=true"), &svg.tag).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = chart(&app, &format!("curves.svg?{asked}"), &svg.tag).await;
    assert_eq!(other.status, StatusCode::OK);

    let png = chart(&app, &format!("curves.png?{asked}&width=400&height=200&scale=1"), "").await;
    assert_eq!((png.status, &*png.kind), (StatusCode::OK, "image/png"));
    assert!(png.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    let width = u32::from_be_bytes(png.body[16..20].try_into().expect("four bytes"));
    assert_eq!(width, 424);

    let csv = chart(&app, &format!("curves.csv?{asked}&smooth=0.5&axis=relative&to=10"), "").await;
    let lines: Vec<_> = csv.text().lines().collect();
    assert_eq!(lines[0], "run_id,run_name,metric,seconds,value,smoothed");
    assert_eq!(lines[1], format!("{net},net,loss,0.0,1.0,1.0"));
    let second: Vec<f64> = lines[2].split(',').skip(3).map(|text| text.parse().expect("a number")).collect();
    // 1 and 0.5, each with half the weight of the one after: (0.5 · 1 + 0.5) / 1.5.
    assert_eq!(second[..2], [1.0, 0.5]);
    assert!((second[2] - 2.0 / 3.0).abs() < 1e-12, "{second:?}");

    let found =
        chart(&app, &format!("curves.csv?experiment={experiment}&filter=run_name='net'&metric=loss"), "")
            .await;
    assert_eq!(found.text().lines().count(), 201);
    let nothing = chart(&app, &format!("curves.svg?run={net}&metric=later"), "").await;
    assert!(nothing.status == 200 && nothing.text().contains("no values"));
    let without_a_number = chart(&app, &format!("curves.png?run={net}&metric=auc"), "").await;
    assert_eq!(without_a_number.status, 200);
}

#[tokio::test]
async fn a_chart_that_cannot_be_says_what_is_wrong() {
    let app = TestApp::start().await;
    let (experiment, [net, _]) = two_curves(&app).await;
    let many = (0..26).map(|at| format!("&metric=m{at}")).collect::<Vec<_>>().concat();
    for (query, status, says) in [
        ("metric=loss".to_owned(), 400, "run"),
        (format!("run={net}"), 400, "metric"),
        ("run=nowhere&metric=loss".into(), 404, "nowhere"),
        ("experiment=99999&metric=loss".into(), 404, "99999"),
        (format!("experiment={experiment}&metric=loss&filter=x >"), 400, "filter"),
        (format!("experiment={experiment}{many}"), 400, "at most 50 lines"),
        (format!("run={net}&metric=loss&width=9"), 400, "from 160 to 4000"),
        (format!("run={net}&metric=loss&theme=pink"), 400, "light, dark and auto"),
    ] {
        for ending in ["svg", "png", "csv"] {
            let refused = chart(&app, &format!("curves.{ending}?{query}"), "").await;
            assert_eq!(refused.status, status, "{query}: {}", refused.text());
            assert!(refused.text().contains(says), "{query}: {}", refused.text());
        }
    }
}

/// An experiment with runs of some optimizers, learning rates and depths; the last one has logged nothing.
async fn sweep(app: &TestApp) -> String {
    let experiment = app.create_experiment("swept").await;
    for (number, optimizer) in ["adam", "sgd", "adam", "<b>"].into_iter().enumerate() {
        let run = app.create_run(&experiment).await;
        let rate = 10_f64.powi(-i32::try_from(number).expect("is small"));
        app.log(
            &run,
            json!({
                "params": [
                    { "key": "optimizer", "value": optimizer }, { "key": "lr", "value": rate.to_string() },
                ],
                "metrics": [{ "key": "auc", "value": 0.5 + rate / 4.0, "timestamp": 1, "step": 0 }],
            }),
        )
        .await;
    }
    app.create_run(&experiment).await;
    experiment
}

#[tokio::test]
async fn many_runs_are_one_chart_over_their_params_and_metrics() {
    let app = TestApp::start().await;
    let experiment = sweep(&app).await;
    let scatter = format!("scatter.svg?experiment={experiment}&x=params.lr&y=metrics.auc&log=params.lr");
    let plain = chart(&app, &scatter, "").await;
    assert_eq!((plain.status, &*plain.kind), (StatusCode::OK, "image/svg+xml"), "{}", plain.text());
    assert_eq!(dots(plain.text()), 4);
    assert!(
        plain.text().contains("4 of 5 runs; lr: from 0.001 to 1, 1 without; auc: from"),
        "{}",
        plain.text()
    );
    assert_eq!(chart(&app, &scatter, &plain.tag).await.status, StatusCode::NOT_MODIFIED);

    let colored = chart(&app, &format!("{scatter}&color=params.optimizer"), "").await;
    for key in ["optimizer adam", "optimizer sgd", "optimizer &lt;b&gt;"] {
        assert!(colored.text().contains(key), "{key}: {}", colored.text());
    }
    let some = chart(&app, &format!("{scatter}&filter=params.optimizer = 'adam'"), "").await;
    assert_eq!(dots(some.text()), 2);

    let axes = "axis=params.lr&axis=params.optimizer&axis=metrics.auc&color=metrics.auc";
    let parallel = chart(&app, &format!("parallel.png?experiment={experiment}&{axes}&scale=1"), "").await;
    assert_eq!((parallel.status, &*parallel.kind), (StatusCode::OK, "image/png"));
    let csv = chart(&app, &format!("parallel.csv?experiment={experiment}&{axes}"), "").await;
    let lines: Vec<_> = csv.text().lines().collect();
    assert_eq!(lines[0], "run_id,run_name,params.lr,params.optimizer,metrics.auc");
    assert_eq!(lines.len(), 6);
    assert!(lines[1].ends_with(",,,") && lines[5].ends_with(",1,adam,0.75"), "{lines:?}");
}

/// How many dots are drawn; each has a shape above it that says what it is.
fn dots(svg: &str) -> usize {
    let told = svg.matches("fill=\"none\" pointer-events=\"all\"").count();
    svg.matches("<circle").count() - told
}

/// The lines of a chart's CSV.
async fn lines(app: &TestApp, path: &str) -> Vec<String> {
    let csv = chart(app, path, "").await;
    assert_eq!(csv.status, StatusCode::OK, "{path}: {}", csv.text());
    csv.text().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn runs_are_counted_grouped_and_averaged() {
    let app = TestApp::start().await;
    let experiment = sweep(&app).await;
    let of = |kind: &str, fields: &str| format!("{kind}?experiment={experiment}&{fields}");

    let counted = lines(&app, &of("histogram.csv", "x=params.optimizer")).await;
    assert_eq!(counted, ["value,runs", "<b>,1", "adam,2", "sgd,1"]);
    let counted = lines(&app, &of("histogram.csv", "x=params.lr&log=params.lr")).await;
    assert_eq!(counted.len(), 4, "three bins of four runs, as Sturges has it: {counted:?}");
    let drawn = chart(&app, &of("histogram.svg", "x=metrics.auc&color=params.optimizer"), "").await;
    assert!(drawn.text().contains("4 of 5 runs; auc: from 0.50025 to 0.75, 1 without"), "{}", drawn.text());
    assert!(drawn.text().contains("optimizer adam"), "{}", drawn.text());

    let spread = lines(&app, &of("box.csv", "x=params.optimizer&y=metrics.auc")).await;
    assert_eq!(spread[0], "optimizer,runs,low,lower_quartile,median,upper_quartile,high");
    assert_eq!(spread[2], "adam,2,0.5025,0.564375,0.62625,0.688125,0.75");
    let drawn = chart(&app, &of("box.svg", "x=params.optimizer&y=metrics.auc"), "").await;
    assert_eq!(dots(drawn.text()), 4);

    let means = lines(&app, &of("heatmap.csv", "x=params.optimizer&y=params.lr&color=metrics.auc")).await;
    assert_eq!(means[0], "optimizer,lr,runs,mean auc");
    assert!(means.contains(&"adam,1,1,0.75".to_owned()), "{means:?}");
    assert_eq!(means.len(), 5);

    let bars = lines(&app, &of("bar.csv", "y=metrics.auc&order_by=metrics.auc DESC&limit=2")).await;
    assert_eq!((bars.len(), bars[1].ends_with(",0.75")), (3, true), "{bars:?}");

    let fitted =
        chart(&app, &of("scatter.svg", "x=params.lr&y=metrics.auc&trend=true&size=params.lr"), "").await;
    assert!(fitted.text().contains("a straight line explains 100 % of the variance"), "{}", fitted.text());
}

#[tokio::test]
async fn runs_with_the_same_param_are_one_line_within_a_band() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("repeated").await;
    for (rate, losses) in [("0.1", [4.0, 2.0]), ("0.1", [6.0, 4.0]), ("0.2", [9.0, 1.0])] {
        let run = app.create_run(&experiment).await;
        let point =
            |step: usize| json!({ "key": "loss", "value": losses[step], "timestamp": 1, "step": step });
        let batch = json!({ "params": [{ "key": "lr", "value": rate }], "metrics": [point(0), point(1)] });
        app.log(&run, batch).await;
    }
    let of = |file: &str| format!("{file}?experiment={experiment}&metric=loss&group=params.lr");
    let csv = lines(&app, &of("curves.csv")).await;
    assert_eq!(csv[0], "group,metric,position,mean,low,high,deviation,runs");
    let expected = [
        "lr 0.1,loss,0.0,5.0,4.0,6.0,1.0,2",
        "lr 0.1,loss,1.0,3.0,2.0,4.0,1.0,2",
        "lr 0.2,loss,0.0,9.0,9.0,9.0,0.0,1",
        "lr 0.2,loss,1.0,1.0,1.0,1.0,0.0,1",
    ];
    assert_eq!(csv[1..], expected);
    let drawn = chart(&app, &of("curves.svg"), "").await;
    assert_eq!(drawn.text().matches("<polygon").count(), 2, "{}", drawn.text());
    for part in ["loss by lr", "lr 0.1: starts at 5, ends at 3"] {
        assert!(drawn.text().contains(part), "{part}: {}", drawn.text());
    }
    let all =
        chart(&app, &format!("curves.svg?experiment={experiment}&metric=loss&group=all&band=none"), "").await;
    assert!(all.text().contains("mean of 3 runs") && !all.text().contains("<polygon"), "{}", all.text());
}

#[tokio::test]
async fn the_param_that_makes_the_difference_is_found() {
    let app = TestApp::start().await;
    let experiment = app.create_experiment("tuned").await;
    for number in 0..40 {
        let run = app.create_run(&experiment).await;
        let (depth, seed) = (number % 8, (number * 7) % 11);
        app.log(
            &run,
            json!({
                "params": [
                    { "key": "depth", "value": depth.to_string() }, { "key": "seed", "value": seed.to_string() },
                    { "key": "data", "value": "v1" },
                ],
                "metrics": [{ "key": "auc", "value": 0.1 * f64::from(depth), "timestamp": 1, "step": 0 }],
            }),
        )
        .await;
    }
    let of = |ending: &str| format!("importance.{ending}?experiment={experiment}&y=metrics.auc");
    let found = lines(&app, &of("csv")).await;
    assert_eq!(found[0], "param,importance,deviation,pearson,spearman");
    assert!(found[1].starts_with("depth,1.") || found[1].starts_with("depth,2."), "{found:?}");
    assert!(
        found[2].starts_with("seed,") && found.len() == 3,
        "what is the same in all is left out: {found:?}"
    );
    let drawn = chart(&app, &of("svg"), "").await;
    for part in ["depth makes the most difference", "these importances can be trusted", "1 param is the same"]
    {
        assert!(drawn.text().contains(part), "{part}: {}", drawn.text());
    }
    let again = chart(&app, &of("svg"), &drawn.tag).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED, "the same runs have the same importances");

    let page = app.request(Method::GET, &format!("/experiments/{experiment}/explore?kind=importance"));
    let html = page.send().await.expect("an answer").text().await.expect("is text");
    assert!(html.contains("depth makes the most difference") && html.contains("<td>seed</td>"), "{html}");
}

#[tokio::test]
async fn what_a_chart_over_runs_lacks_is_named() {
    let app = TestApp::start().await;
    let experiment = sweep(&app).await;
    for (path, part) in [
        ("scatter.svg?x=params.lr&y=metrics.auc".to_owned(), "experiment"),
        (format!("scatter.svg?experiment={experiment}&x=params.lr"), "'y'"),
        (format!("scatter.svg?experiment={experiment}&x=lr&y=metrics.auc"), "metrics.KEY"),
        (format!("scatter.svg?experiment={experiment}&x=params.lr&y=metrics.auc&axis=params.lr"), "axis"),
        (format!("parallel.svg?experiment={experiment}&axis=params.lr"), "2 to 20"),
        (format!("parallel.svg?experiment={experiment}&axis=params.lr&axis=metrics.auc&x=params.lr"), "'x'"),
        (format!("parallel.svg?experiment={experiment}&axis=params.lr&axis=metrics.auc&limit=0"), "limit"),
        (format!("importance.svg?experiment={experiment}&y=metrics.auc"), "4 runs have a finite value"),
        (format!("importance.svg?experiment={experiment}&y=params.optimizer"), "is a text"),
        (format!("heatmap.svg?experiment={experiment}&x=params.lr&y=params.optimizer"), "color"),
        (format!("bar.svg?experiment={experiment}&y=metrics.auc&limit=51"), "limit"),
        (format!("bar.svg?experiment={experiment}&y=metrics.auc&log=metrics.auc"), "log"),
        (format!("histogram.svg?experiment={experiment}&x=metrics.auc&trend=true"), "trend"),
        (format!("parallel.svg?experiment={experiment}&axis=params.lr&axis=metrics.auc&colour=x"), "colour"),
        (format!("scatter.svg?experiment={experiment}&x=params.lr&y=metrics.auc&filter=auc >"), "filter"),
    ] {
        let refused = chart(&app, &path, "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}: {}", refused.text());
        assert!(refused.text().contains(part), "{path}: {}", refused.text());
    }
    let gone = chart(&app, "scatter.svg?experiment=12345&x=params.lr&y=metrics.auc", "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    for file in ["pie.svg", "scatter.gif", "scatter"] {
        let unknown = chart(&app, &format!("{file}?experiment={experiment}"), "").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{file}");
        assert!(unknown.text().contains("there are curves, scatter"), "{}", unknown.text());
    }
}

#[tokio::test]
async fn a_page_offers_what_can_be_drawn() {
    let app = TestApp::start().await;
    let page = async |path: String| {
        let response = app.request(Method::GET, &path).send().await.expect("an answer");
        (response.status(), response.text().await.expect("is text"))
    };
    let empty = app.create_experiment("empty").await;
    let (status, html) = page(format!("/experiments/{empty}/explore")).await;
    assert!(status == StatusCode::OK && html.contains("Nothing to draw yet."), "{html}");
    let experiment = sweep(&app).await;
    let path = format!("/experiments/{experiment}/explore");
    let (status, html) = page(path.clone()).await;
    assert!(status == StatusCode::OK && dots(&html) == 4, "{html}");
    assert!(html.contains("/api/v1/charts/scatter.svg?x=params."), "{html}");
    let (_, html) = page(format!("{path}?kind=parallel&color=")).await;
    assert!(html.contains("<polyline") && html.contains("optimizer"), "{html}");
    let (status, html) = page(format!("{path}?filter=auc+%3E")).await;
    assert!(status == StatusCode::BAD_REQUEST && html.contains("role=\"alert\""), "{html}");
    assert_eq!(page("/experiments/12345/explore".into()).await.0, StatusCode::NOT_FOUND);
}
