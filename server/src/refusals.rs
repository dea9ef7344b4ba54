//! What the HTTP library refuses by itself, before any handler sees it, told in the shape of every other
//! error: it answers such requests with a bare status and hangs up.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection on which the library's bare refusals get a body.
pub struct Explained<S> {
    stream: S,
    /// What is sent instead of a refusal, and how much of it has been.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, instead: None }
    }
}

/// The answer for one that is a bare refusal as a whole; handlers always say more.
fn explain(answer: &[u8]) -> Option<Vec<u8>> {
    let status = answer.strip_prefix(b"HTTP/1.1 ")?.get(..4)?;
    let message = match status {
        b"400 " => "the request is not valid HTTP",
        b"414 " => "the address with its query is too long; it may have 65534 bytes",
        b"431 " => "the request's headers are too large",
        _ => return None,
    };
    let head = std::str::from_utf8(answer).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?;
    let is_bare = lines.clone().any(|line| line.eq_ignore_ascii_case("content-length: 0"));
    if !is_bare {
        return None;
    }
    let body = json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": message }).to_string();
    let mut text =
        format!("{status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
    for line in lines.filter(|line| !line.to_ascii_lowercase().starts_with("content-length")) {
        text.push_str(line);
        text.push_str("\r\n");
    }
    Some(format!("{text}\r\n{body}").into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Sends the rest of what goes out instead; `false` if there is nothing such.
    fn poll_instead(&mut self, context: &mut Context<'_>, answer: &[u8]) -> Poll<io::Result<bool>> {
        if self.instead.is_none() {
            self.instead = explain(answer).map(|text| (text, 0));
        }
        let Some((text, sent)) = &mut self.instead else { return Poll::Ready(Ok(false)) };
        while *sent < text.len() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &text[*sent..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *sent += written;
        }
        self.instead = None;
        Poll::Ready(Ok(true))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if ready!(self.poll_instead(context, bytes))? {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A refusal has nothing after its head.
        let mut full = slices.iter().filter(|slice| !slice.is_empty());
        if let (Some(only), None) = (full.next(), full.next())
            && ready!(self.poll_instead(context, only))?
        {
            return Poll::Ready(Ok(only.len()));
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
