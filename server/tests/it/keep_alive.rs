//! A connection can be used again, also after an answer to a call whose body nobody read.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::app::TestApp;

struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn to(app: &TestApp) -> Self {
        let address = app.url.strip_prefix("http://").expect("an address");
        Self(BufReader::new(TcpStream::connect(address).await.expect("connects")))
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.expect("is sent");
    }

    /// The head of the next answer, in lower case; its body is read.
    async fn answer(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("a byte of the head"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.expect("a length").parse().expect("a number")];
        self.0.read_exact(&mut body).await.expect("a body");
        head
    }
}

fn head(call: &str, length: usize, more: &str) -> Vec<u8> {
    format!("{call} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n").into_bytes()
}

const REFUSED: [&str; 4] = [
    "POST /api/2.0/mlflow/no/such/call",
    "DELETE /api/2.0/mlflow/runs/create",
    "PUT /api/2.0/mlflow-artifacts/artifacts/%2e%2e/x",
    "GET /health",
];

#[tokio::test]
async fn what_nobody_read_of_a_call_does_not_end_the_connection() {
    let app = TestApp::start().await;
    let mut connection = Connection::to(&app).await;
    for call in REFUSED {
        connection.send(&head(call, 700_000, "")).await;
        // The body comes when the answer may be there.
        tokio::time::sleep(Duration::from_millis(20)).await;
        connection.send(&vec![b' '; 700_000]).await;
        let answer = connection.answer().await;
        assert!(!answer.contains("connection: close"), "{call}: {answer}");
        connection.send(&head("GET /version", 0, "")).await;
        assert!(connection.answer().await.starts_with("http/1.1 200"), "{call}");
    }
}

#[tokio::test]
async fn an_answer_says_that_it_ends_the_connection() {
    let app = TestApp::start().await;
    for (length, more) in [(100_000_000, ""), (700_000, "Expect: 100-continue\r\n")] {
        let mut connection = Connection::to(&app).await;
        connection.send(&head(REFUSED[0], length, more)).await;
        let answer = connection.answer().await;
        assert!(answer.starts_with("http/1.1 404") && answer.contains("connection: close"), "{answer}");
    }
}
