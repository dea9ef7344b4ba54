//! A person at a browser: a session's cookie, and the origin that every browser names.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};

use crate::app::{PASSWORD, TestApp};

pub struct Browser<'a> {
    app: &'a TestApp,
    pub cookie: String,
}

/// What came back: a page's text, and where it leads.
pub struct Page {
    pub status: StatusCode,
    pub leads_to: String,
    pub html: String,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self { app, cookie: String::new() }
    }

    /// Somebody who has signed in.
    pub async fn of(app: &'a TestApp, name: &str) -> Self {
        Self::with_password(app, name, PASSWORD).await
    }

    pub async fn with_password(app: &'a TestApp, name: &str, password: &str) -> Self {
        let mut browser = Self::new(app);
        let page = browser.post("/sign-in", &[("name", name), ("password", password)]).await;
        assert_eq!(page.status, 303, "{name} signs in: {}", page.html);
        browser
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.app.request(method, path).header(header::ACCEPT, "text/html");
        let request = request.header(header::ORIGIN, &self.app.url);
        if self.cookie.is_empty() { request } else { request.header(header::COOKIE, &self.cookie) }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = self
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.send(request).await
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Page {
        let response = request.send().await.expect("an answer");
        self.keep_cookie(&response);
        let leads_to =
            response.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned());
        Page {
            status: response.status(),
            leads_to: leads_to.unwrap_or_default(),
            html: response.text().await.expect("text"),
        }
    }

    fn keep_cookie(&mut self, response: &Response) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            let (pair, _) = cookie.split_once(';').expect("attributes");
            self.cookie = if cookie.contains("Max-Age=0") { String::new() } else { pair.to_owned() };
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// What stands in the value of the input with that label.
pub fn value_of<'p>(page: &'p Page, label: &str) -> &'p str {
    let (before, _) = page.html.split_once(&format!("aria-label=\"{label}\"")).expect("the input");
    let (_, tag) = before.rsplit_once("<input").expect("a tag");
    let (_, value) = tag.split_once("value=\"").expect("a value");
    value.split_once('"').expect("an end").0
}
