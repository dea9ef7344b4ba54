//! Ways to lead the server inside, none of which works.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use notify::send::{Limits, Lookup};
use notify::{Form, Refused, Rules, SendError, Sender};

use crate::deliveries::{outgoing, sender};
use crate::receiver::{Receiver, response};

/// Answers the first question with the first list, the second with the second, and so on; at the end the last.
struct Changing {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Lookup for Changing {
    fn lookup(&self, _: &str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers[asked.min(self.answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

fn looking_up(rules: Rules, answers: &[&[&str]]) -> Sender {
    let list = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().expect("an address")).collect();
    let lookup = Changing { answers: answers.iter().map(list).collect(), asked: AtomicUsize::new(0) };
    let limits = Limits { connect: Duration::from_millis(500), whole: Duration::from_millis(1500) };
    Sender::with_lookup(rules.plain_http(true), limits, lookup).expect("a client")
}

#[tokio::test]
async fn without_permission_loopback_is_not_called() {
    let receiver = Receiver::start(response("200 OK", "", ""), Duration::ZERO).await;
    let port = receiver.address.port();
    for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/");
        let refused = sender(Rules::default()).send(outgoing(Form::Own, &url, true)).await;
        assert_eq!(refused, Err(SendError::Refused(Refused::Inside)), "{url}");
        assert_eq!(sender(Rules::default()).check(&url).await, Err(Refused::Inside), "{url}");
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inner = Receiver::start(response("200 OK", "", "secret"), Duration::ZERO).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {}\r\n", inner.url("/admin"));
        let outer = Receiver::start(response(status, &location, ""), Duration::ZERO).await;
        let rules = Rules::default().allow("127.0.0.1").expect("an address");
        let outcome = sender(rules).send(outgoing(Form::Own, &outer.url("/"), true)).await;
        assert_eq!(outcome, Err(SendError::Redirect(status[..3].parse().expect("a status"))));
        assert_eq!(outer.received().len(), 1);
    }
    assert!(inner.received().is_empty());
}

#[tokio::test]
async fn a_name_that_comes_to_lead_inside_is_refused() {
    let receiver = Receiver::start(response("200 OK", "", ""), Duration::ZERO).await;
    let url = format!("http://rebind.example:{}/", receiver.address.port());
    let sender = looking_up(Rules::default(), &[&["1.1.1.1"], &["127.0.0.1"]]);
    assert_eq!(sender.check(&url).await, Ok(()));
    assert_eq!(sender.send(outgoing(Form::Own, &url, true)).await, Err(SendError::Refused(Refused::Inside)));
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_outside_and_inside_is_refused() {
    let receiver = Receiver::start(response("200 OK", "", ""), Duration::ZERO).await;
    let url = format!("http://mixed.example:{}/", receiver.address.port());
    for answer in [&["1.1.1.1", "127.0.0.1"][..], &["127.0.0.1", "1.1.1.1"], &["::1"], &["::ffff:127.0.0.1"]]
    {
        let outcome = looking_up(Rules::default(), &[answer]).send(outgoing(Form::Own, &url, true)).await;
        assert_eq!(outcome, Err(SendError::Refused(Refused::Inside)), "{answer:?}");
    }
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_every_attempt_anew() {
    let receiver = Receiver::start(response("200 OK", "", ""), Duration::ZERO).await;
    let url = format!("http://hooks.example:{}/", receiver.address.port());
    let rules = Rules::default().allow("127.0.0.1").expect("an address");
    // Were the name asked for twice in one attempt, the first attempt would meet the second answer.
    let sender = looking_up(rules, &[&["127.0.0.1"], &["10.0.0.1"]]);
    assert!(sender.send(outgoing(Form::Own, &url, true)).await.is_ok());
    assert_eq!(receiver.received()[0].header("host"), format!("hooks.example:{}", receiver.address.port()));
    assert_eq!(sender.send(outgoing(Form::Own, &url, true)).await, Err(SendError::Refused(Refused::Inside)));
}

#[tokio::test]
async fn a_name_without_addresses_is_not_found() {
    let sender = looking_up(Rules::default(), &[&[]]);
    assert_eq!(sender.check("http://nowhere.example/").await, Err(Refused::NotFound));
    let outcome = sender.send(outgoing(Form::Own, "http://nowhere.example/", true)).await;
    assert_eq!(outcome, Err(SendError::Refused(Refused::NotFound)));
}
