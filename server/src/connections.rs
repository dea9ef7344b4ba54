//! Connections: each is served until its client hangs up or the server stops.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::middleware::AddExtension;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

use crate::refusals::Explained;

/// How long clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For what is in flight when the server is told to stop.
    pub drain: Duration,
}

impl Default for Patience {
    /// Whoever has not sent a head in a minute has gone. A stop ends within the 30 seconds after which
    /// Kubernetes kills, with time left to close the database.
    fn default() -> Self {
        Self { head: Duration::from_mins(1), drain: Duration::from_secs(25) }
    }
}

/// Serves until `stopping`; then lets what is in flight finish, as far as it does in time.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken, patience: Patience) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let router = Extension(ConnectInfo(peer)).layer(router.clone());
                connections.spawn(connection(http.clone(), stream, router, stopping.clone()));
            }
            Err(cause) if is_the_clients(&cause) => {}
            Err(cause) => {
                // Most likely too many files are open; that passes.
                tracing::warn!(error = %cause, "a connection could not be accepted");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if timeout(patience.drain, finished).await.is_err() {
        tracing::warn!(connections = connections.len(), "closing connections whose clients have stalled");
        connections.shutdown().await;
    }
}

fn is_the_clients(cause: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(cause.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    http: http1::Builder,
    stream: TcpStream,
    router: AddExtension<Router, ConnectInfo<SocketAddr>>,
    stopping: CancellationToken,
) {
    // Small answers shouldn't wait to be sent together.
    if let Err(cause) = stream.set_nodelay(true) {
        tracing::debug!(error = %cause, "a connection keeps its delay");
    }
    let io = TokioIo::new(Explained::new(stream));
    let mut served = pin!(http.serve_connection(io, TowerToHyperService::new(router)));
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = stopping.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(cause) = outcome {
        tracing::debug!(error = %cause, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);
    const LONG: Duration = Duration::from_mins(1);

    struct Server {
        address: std::net::SocketAddr,
        stopping: CancellationToken,
        task: JoinHandle<()>,
    }

    async fn start(patience: Patience) -> Server {
        let endless = || async {
            Body::from_stream(futures::stream::repeat_with(|| {
                Ok::<_, io::Error>(Bytes::from(vec![7; 65_536]))
            }))
        };
        let slow = || async {
            sleep(SHORT).await;
            "done"
        };
        let router = Router::new()
            .route("/read", post(|body: Bytes| async move { body }))
            .route("/slow", get(slow))
            .route("/endless", get(endless));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let stopping = CancellationToken::new();
        let task = tokio::spawn(serve(listener, router, stopping.clone(), patience));
        Server { address, stopping, task }
    }

    impl Server {
        async fn send(&self, text: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.expect("connects");
            stream.write_all(text.as_bytes()).await.expect("is sent");
            sleep(Duration::from_millis(50)).await;
            stream
        }
    }

    async fn read(mut stream: TcpStream) -> String {
        let mut all = Vec::new();
        // The server may have hung up on what it did not read.
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }

    #[tokio::test]
    async fn a_stop_waits_for_what_is_in_flight_but_not_for_ever() {
        let server = start(Patience { head: LONG, drain: SHORT * 3 }).await;
        let stalled = [
            server.send("GET /slow HT").await,
            server.send("POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").await,
            server.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await,
        ];
        let answered = server.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let begun = Instant::now();
        server.stopping.cancel();
        assert!(read(answered).await.ends_with("done"));
        server.task.await.expect("it ends");
        assert!(begun.elapsed() < LONG / 10, "it took {:?}", begun.elapsed());
        drop(stalled);
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_who_only_listens() {
        let server = start(Patience { head: LONG, drain: LONG }).await;
        let mut kept = server.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
        let mut answer = [0; 12];
        kept.read_exact(&mut answer).await.expect("an answer");
        let silent = server.send("").await;
        let begun = Instant::now();
        server.stopping.cancel();
        server.task.await.expect("it ends");
        assert!(begun.elapsed() < LONG / 10, "it took {:?}", begun.elapsed());
        drop((kept, silent));
    }

    #[tokio::test]
    async fn half_a_head_is_not_waited_for() {
        let server = start(Patience { head: SHORT, drain: LONG }).await;
        let half = server.send("GET /slow HT").await;
        assert_eq!(timeout(LONG / 10, read(half)).await.expect("the server hangs up"), "");
        server.stopping.cancel();
    }

    #[tokio::test]
    async fn what_is_no_request_gets_an_error_of_the_usual_shape() {
        let server = start(Patience::default()).await;
        let long = format!("GET /slow?x={} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(70_000));
        for (text, status) in [(long.as_str(), "414"), ("GET /slow HTTP/1.1\r\nno header\r\n\r\n", "400")] {
            let answer = read(server.send(text).await).await;
            let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).expect("is JSON");
            assert_eq!(body["error_code"], "INVALID_PARAMETER_VALUE");
        }
        server.stopping.cancel();
    }
}
