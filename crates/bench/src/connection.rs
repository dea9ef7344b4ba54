//! One keep-alive connection: as little of a client as speaks HTTP/1.1, so that the servers are measured
//! and not the load.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

type Body = BoxBody<Bytes, Infallible>;

const ATTEMPTS: usize = 3;

/// A call of the REST interface.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: Method,
    pub path: String,
    pub json: Bytes,
}

pub struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Body>>,
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// The body of the answer.
    ///
    /// Under load the peer refuses a call now and then, as its own pool of connections is used up. Such a call is
    /// sent again, and the time for both counts.
    ///
    /// # Errors
    /// Unless it is answered with 200 in the end.
    pub async fn call(&mut self, call: &Call) -> Result<Bytes> {
        let mut attempts = 1..=ATTEMPTS;
        loop {
            let is_last = attempts.next() == Some(ATTEMPTS);
            let (status, body) = self.ask(call).await?;
            if status == 200 {
                return Ok(body);
            }
            let Call { method, path, .. } = call;
            let said = format!("{method} {path} was answered {status}: {}", String::from_utf8_lossy(&body));
            if is_last {
                bail!(said);
            }
            eprintln!("  {said}; it is sent again");
        }
    }

    async fn ask(&mut self, call: &Call) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(&call.method)
            .uri(&call.path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(call.json.clone()).boxed())?;
        let answer = self.send(request).await?;
        Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
    }

    /// Sends `chunk` again and again, `bytes` in all.
    pub async fn upload(&mut self, path: &str, chunk: &Bytes, bytes: usize) -> Result<()> {
        let whole = std::iter::repeat_n(chunk.clone(), bytes / chunk.len());
        let rest = chunk.slice(..bytes % chunk.len());
        let chunks = whole.chain([rest]).map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
        let request = Request::put(path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_LENGTH, bytes)
            .body(StreamBody::new(futures::stream::iter(chunks.collect::<Vec<_>>())).boxed())?;
        let answer = self.send(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status != 200 {
            bail!("PUT {path} was answered {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(())
    }

    /// Reads the answer to its end and keeps nothing of it; returns how many bytes there were.
    pub async fn download(&mut self, path: &str) -> Result<usize> {
        let request =
            Request::get(path).header(HOST, self.address.to_string()).body(Full::default().boxed())?;
        let answer = self.send(request).await?;
        let status = answer.status();
        let mut body = answer.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        if status != 200 {
            bail!("GET {path} was answered {status}");
        }
        Ok(bytes)
    }

    async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>> {
        let mut sender = match self.sender.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        // The server may have closed the connection after its last answer.
        if sender.ready().await.is_err() {
            sender = self.connect().await?;
        }
        let answer = sender.send_request(request).await;
        self.sender = Some(sender);
        answer.with_context(|| format!("{} doesn't answer", self.address))
    }

    async fn connect(&self) -> Result<SendRequest<Body>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
