//! What arrives, and what becomes of answers.

use std::time::Duration;

use domain::Millis;
use notify::send::{EXCERPT, Limits, MOST_READ};
use notify::{Form, Hook, Outgoing, Rules, SendError, Sender, Topic, payload};

use crate::receiver::{Receiver, response};

const NOW: Millis = Millis(1_700_000_000_000);
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

pub fn outgoing(form: Form, url: &str, verify_certificate: bool) -> Outgoing {
    let secrets = vec![SECRET.to_owned()];
    let (id, authorization) = ("8d7f".to_owned(), "Bearer t0ken".to_owned());
    let hook = Hook { id, form, url: url.into(), secrets, authorization, verify_certificate };
    let topic = Topic::list(form)[1];
    let body = payload::example_body(form, topic, &hook.id, NOW);
    hook.request("msg_1", NOW, body).expect("sendable")
}

pub fn sender(rules: Rules) -> Sender {
    let limits = Limits { connect: Duration::from_millis(500), whole: Duration::from_millis(1500) };
    Sender::new(rules.plain_http(true), limits).expect("a client")
}

fn to_loopback() -> Sender {
    sender(Rules::default().allow("127.0.0.1/32").expect("a network"))
}

#[tokio::test]
async fn a_delivery_arrives_as_it_was_signed() {
    let receiver = Receiver::start(response("200 OK", "", "thanks"), Duration::ZERO).await;
    for form in Form::ALL {
        let sent = outgoing(form, &receiver.url("/hook?a=b"), true);
        let answer = to_loopback().send(sent.clone()).await.expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (200, "thanks"));

        let got = receiver.received().pop().expect("a request");
        assert!(got.head.starts_with("POST /hook?a=b HTTP/1.1"), "{}", got.head);
        assert_eq!(got.body, sent.body);
        for (name, value) in &sent.headers {
            assert_eq!(got.header(name.as_str()), value.to_str().expect("ASCII"), "{name}");
        }
        assert_eq!(got.header("host"), receiver.address.to_string());
        assert_eq!(got.header("authorization"), "Bearer t0ken");
        assert!(got.header("user-agent").starts_with("countersign/"));
        for absent in ["accept-encoding", "cookie", "referer"] {
            assert_eq!(got.header(absent), "", "{absent}");
        }
    }
}

#[tokio::test]
async fn a_refusing_answer_is_an_answer() {
    let wants_time = response("429 Too Many Requests", "retry-after: 7\r\n", "slow down");
    let receiver = Receiver::start(wants_time, Duration::ZERO).await;
    let answer =
        to_loopback().send(outgoing(Form::Slack, &receiver.url("/"), true)).await.expect("an answer");
    assert_eq!((answer.status, answer.retry_after.as_deref()), (429, Some("7")));
    assert!(!answer.is_success());
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let long = response("200 OK", "", &"ü".repeat(5 * 1024 * 1024));
    let receiver = Receiver::start(long, Duration::ZERO).await;
    let answer = to_loopback().send(outgoing(Form::Own, &receiver.url("/"), true)).await.expect("an answer");
    assert_eq!(answer.body.len(), MOST_READ);
    assert_eq!(answer.excerpt().len(), EXCERPT);
}

#[tokio::test]
async fn an_answer_whose_body_never_ends_has_a_status_all_the_same() {
    let cut_off = "HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nonly this";
    let receiver = Receiver::start(cut_off, Duration::ZERO).await;
    let answer = to_loopback().send(outgoing(Form::Own, &receiver.url("/"), true)).await.expect("an answer");
    assert!(answer.is_success());
}

#[tokio::test]
async fn a_slow_receiver_and_one_that_is_not_there_read_alike() {
    let receiver = Receiver::start(response("200 OK", "", ""), Duration::from_secs(30)).await;
    let begun = tokio::time::Instant::now();
    let slow = to_loopback().send(outgoing(Form::Own, &receiver.url("/"), true)).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    let absent = to_loopback().send(outgoing(Form::Own, &format!("http://{free}/"), true)).await;
    let broken = Receiver::start("no HTTP at all\r\n\r\n", Duration::ZERO).await;
    let babble = to_loopback().send(outgoing(Form::Own, &broken.url("/"), true)).await;
    for outcome in [slow, absent, babble] {
        assert_eq!(outcome, Err(SendError::NoAnswer));
    }
}

#[tokio::test]
async fn a_certificate_is_checked_unless_the_hook_says_otherwise() {
    let receiver = Receiver::start_tls(response("200 OK", "", "")).await;
    let rules = Rules::default().allow("localhost").expect("a name").allow("127.0.0.1").expect("an address");
    let sender = sender(rules);
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{}/", receiver.address.port());
        assert_eq!(sender.send(outgoing(Form::Own, &url, true)).await, Err(SendError::Certificate));
        assert!(receiver.received().is_empty());
    }
    let url = format!("https://localhost:{}/", receiver.address.port());
    let answer = sender.send(outgoing(Form::Own, &url, false)).await.expect("an answer");
    assert!(answer.is_success());
    assert_eq!(receiver.received().len(), 1);
}
