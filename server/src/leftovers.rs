//! Bodies that nobody read: hyper closes a connection on which the next request can't be found, without a
//! word to the client, which then sends it in vain.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// More than that costs more than a new connection.
const MOST: usize = 2 << 20;
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads what an answer left of its request's body, so that the connection can be used again; says that it
/// will be closed if too much is left.
pub async fn read_leftovers(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Whoever waits for our word before the body is told by the answer itself.
    let is_waiting = request.headers().contains_key(header::EXPECT);
    let (give_back, mut left) = oneshot::channel();
    let mut response =
        next.run(request.map(|body| Body::new(Lent { body, give_back: Some(give_back) }))).await;
    if let Ok(body) = left.try_recv()
        && (is_waiting || !is_soon_read(body).await)
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn is_soon_read(mut body: Body) -> bool {
    let read = async {
        let mut seen = 0;
        while let Some(frame) = body.frame().await {
            seen += frame.ok()?.data_ref().map_or(0, Bytes::len);
            if seen > MOST {
                return None;
            }
        }
        Some(())
    };
    matches!(timeout(PATIENCE, read).await, Ok(Some(())))
}

/// A body that comes back if it is dropped before its end.
struct Lent {
    body: Body,
    give_back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take().filter(|_| !self.body.is_end_stream()) {
            // Nobody waits for it if the request was dropped.
            let _ = give_back.send(std::mem::take(&mut self.body));
        }
    }
}
