//! How the pages and the server talk: calls in a compact binary form, changes as the forms that they are.
//!
//! Both go through one function that knows no types ([`post`]), because what the browser half is made
//! of crosses the network too: Leptos' own protocol would be compiled anew for each server function.

use std::marker::PhantomData;
use std::pin::Pin;

use codee::{Decoder, Encoder};
use leptos::prelude::*;
use leptos::server_fn;
use leptos::server_fn::client::Client;
use leptos::server_fn::request::Req;
use leptos::server_fn::response::TryRes;
use leptos::server_fn::server::Server;
use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, ServerFn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::UiError;

const CONTENT_TYPE: &str = "application/octet-stream";

/// Arguments and answers as [postcard](https://postcard.jamesmunns.com/wire-format): both halves come
/// from one build, so nothing needs to describe itself.
pub struct Compact;

impl<Input, Output, C, S> server_fn::Protocol<Input, Output, C, S, UiError> for Compact
where
    Input: Serialize + DeserializeOwned + Send,
    Output: Serialize + DeserializeOwned + Send,
    C: Client<UiError>,
    S: Server<UiError>,
{
    const METHOD: http::Method = http::Method::POST;

    async fn run_server<F, Fut>(request: S::Request, server_fn: F) -> Result<S::Response, UiError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, UiError>> + Send,
    {
        let body = request.try_into_bytes().await?;
        let answer = encode(&server_fn(read_arguments(&body)?).await?)
            .map_err(|error| UiError::Failed(error.to_string()))?;
        TryRes::try_from_bytes(CONTENT_TYPE, answer.into())
    }

    async fn run_client(path: &str, input: Input) -> Result<Output, UiError> {
        let body = encode(&input).map_err(|error| UiError::Failed(error.to_string()))?;
        let answer = post(path, CONTENT_TYPE, body.into()).await?;
        read_answer(&answer)
    }
}

/// For the errors, which a form without scripts takes along in its address.
impl FormatType for Compact {
    const FORMAT_TYPE: Format = Format::Binary;
}

impl ContentType for Compact {
    const CONTENT_TYPE: &'static str = CONTENT_TYPE;
}

impl<T: Serialize> Encodes<T> for Compact {
    type Error = postcard::Error;

    fn encode(value: &T) -> postcard::Result<Bytes> {
        Ok(encode(value)?.into())
    }
}

impl<T: DeserializeOwned> Decodes<T> for Compact {
    type Error = postcard::Error;

    fn decode(bytes: Bytes) -> postcard::Result<T> {
        decode(&bytes)
    }
}

/// For what a page brings along, so that the browser needn't ask for it again.
impl<T: Serialize> Encoder<T> for Compact {
    type Error = postcard::Error;
    type Encoded = Vec<u8>;

    fn encode(value: &T) -> postcard::Result<Vec<u8>> {
        encode(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Compact {
    type Error = postcard::Error;
    type Encoded = [u8];

    fn decode(value: &[u8]) -> postcard::Result<T> {
        decode(value)
    }
}

fn encode<T: Serialize>(value: &T) -> postcard::Result<Vec<u8>> {
    postcard::to_allocvec(value)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> postcard::Result<T> {
    postcard::from_bytes(bytes)
}

/// What a page shows: loaded on the server while it renders, in the browser whenever the call changes.
///
/// The answer is kept as it came, so that one kind of resource serves every page.
pub struct Loading<T> {
    answer: Resource<Result<Vec<u8>, UiError>, Compact>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Loading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loading<T> {}

impl<T: DeserializeOwned> Loading<T> {
    /// Waits for the answer to the call as it now is.
    pub async fn ready(self) -> Result<T, UiError> {
        read_answer(&self.answer.await?)
    }

    pub fn refetch(self) {
        self.answer.refetch();
    }
}

/// Calls a server function with the arguments that `call` gives, anew whenever they change.
pub fn load<S>(call: impl Fn() -> S + Send + Sync + 'static) -> Loading<S::Output>
where
    S: ServerFn<Error = UiError> + Serialize + DeserializeOwned,
    S::Output: Serialize,
{
    let arguments = move || encode(&call()).map_err(|error| UiError::Failed(error.to_string()));
    #[cfg(feature = "hydrate")]
    let run = ask;
    #[cfg(not(feature = "hydrate"))]
    let run = answer::<S>;
    Loading { answer: load_answer(S::PATH, Box::new(arguments), run), of: PhantomData }
}

type Arguments = Result<Vec<u8>, UiError>;
type Answer = Pin<Box<dyn Future<Output = Result<Vec<u8>, UiError>> + Send>>;

fn load_answer(
    path: &'static str,
    arguments: Box<dyn Fn() -> Arguments + Send + Sync>,
    run: fn(&'static str, Vec<u8>) -> Answer,
) -> Resource<Result<Vec<u8>, UiError>, Compact> {
    let answer = move |arguments: Arguments| -> Answer {
        match arguments {
            Ok(arguments) => run(path, arguments),
            Err(error) => Box::pin(async { Err(error) }),
        }
    };
    Resource::new_with_options(arguments, answer, false)
}

#[cfg(feature = "hydrate")]
fn ask(path: &'static str, arguments: Vec<u8>) -> Answer {
    Box::pin(async move { Ok(post(path, CONTENT_TYPE, arguments.into()).await?.into()) })
}

#[cfg(not(feature = "hydrate"))]
fn answer<S>(_path: &'static str, arguments: Vec<u8>) -> Answer
where
    S: ServerFn<Error = UiError> + DeserializeOwned,
    S::Output: Serialize,
{
    Box::pin(async move {
        let answer = read_arguments::<S>(&arguments)?.run_body().await?;
        encode(&answer).map_err(|error| UiError::Failed(error.to_string()))
    })
}

fn read_arguments<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, UiError> {
    decode(bytes).map_err(|_| UiError::stale_page())
}

fn read_answer<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, UiError> {
    decode(bytes).map_err(|_| UiError::stale_page())
}

/// Sends a body to a server function and gives its answer's, having followed where it leads.
#[cfg(feature = "hydrate")]
pub async fn post(path: &str, content_type: &str, body: Bytes) -> Result<Bytes, UiError> {
    use leptos::server_fn::client::browser::BrowserClient;
    use leptos::server_fn::redirect::call_redirect_hook;
    use leptos::server_fn::request::ClientReq;
    use leptos::server_fn::request::browser::BrowserRequest;
    use leptos::server_fn::response::ClientRes;

    let request: Result<_, UiError> =
        BrowserRequest::try_new_post_bytes(path, content_type, CONTENT_TYPE, body);
    let response = <BrowserClient as Client<UiError>>::send(request?).await?;
    let status = ClientRes::<UiError>::status(&response);
    let leads_on = ClientRes::<UiError>::has_redirect(&response);
    let location = ClientRes::<UiError>::location(&response);
    let body = ClientRes::<UiError>::try_into_bytes(response).await?;
    if (400..600).contains(&status) {
        return Err(UiError::de(body));
    }
    if leads_on || (300..400).contains(&status) {
        call_redirect_hook(&location);
    }
    Ok(body)
}

#[cfg(not(feature = "hydrate"))]
pub async fn post(_path: &str, _content_type: &str, _body: Bytes) -> Result<Bytes, UiError> {
    Err(UiError::Failed("only a browser calls over the network".into()))
}
