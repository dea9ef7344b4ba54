//! Sends what people are told by mail, over SMTP, until the server stops.

use std::time::Duration;

use domain::accounts::Caller;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use store::mails::{self, Mail, Sending};

use crate::clock::now;
use crate::config::{MailServer, MailTls};
use crate::state::AppState;

/// How often is looked for mail.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(20);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends mail until the server stops; one after the other, as there is little.
pub async fn send(state: AppState, server: MailServer) {
    let db = state.db.in_the_name_of(Caller::server());
    let transport = match transport(&server) {
        Ok(transport) => transport,
        Err(error) => {
            tracing::error!(%error, "mail can't be sent");
            return;
        }
    };
    while !state.stopping.is_cancelled() {
        match mails::claim(&db, now()).await {
            Ok(Some(mail)) => {
                let sending = deliver(&transport, &server.from, &state.office.instance, &mail).await;
                if let Sending::Failed(why) | Sending::Refused(why) = &sending {
                    tracing::warn!(mail = mail.id, error = why, "a mail was not sent");
                }
                if let Err(error) = mails::finish(&db, &mail, sending, now()).await {
                    tracing::warn!(%error, mail = mail.id, "what became of a mail could not be kept");
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "mail that is due could not be looked up"),
        }
        let _ = tokio::time::timeout(LOOK_EVERY, state.stopping.cancelled()).await;
    }
}

fn transport(server: &MailServer) -> Result<Transport, lettre::transport::smtp::Error> {
    let builder = match server.tls {
        MailTls::Implicit => Transport::relay(&server.host)?,
        MailTls::StartTls => Transport::starttls_relay(&server.host)?,
        MailTls::None => Transport::builder_dangerous(&server.host),
    };
    let builder = builder.timeout(Some(TIMEOUT));
    let builder = match server.port {
        Some(port) => builder.port(port),
        None => builder,
    };
    let credentials = server.user.clone().map(|user| Credentials::new(user, server.password.clone()));
    Ok(match credentials {
        Some(credentials) => builder.credentials(credentials).build(),
        None => builder.build(),
    })
}

async fn deliver(transport: &Transport, from: &Mailbox, instance: &str, mail: &Mail) -> Sending {
    let recipient = match mail.recipient.parse::<Address>() {
        Ok(recipient) => Mailbox::new(None, recipient),
        Err(error) => return Sending::Refused(format!("`{}` is no address: {error}", mail.recipient)),
    };
    // What breaks a header's line would end it.
    let subject: String = mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let message = Message::builder()
        .from(from.clone())
        .to(recipient)
        .subject(subject)
        // The same however often it is sent, so that a second copy can be told.
        .message_id(Some(format!("<mail-{}@{instance}>", mail.id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.body.clone());
    let message = match message {
        Ok(message) => message,
        Err(error) => return Sending::Refused(error.to_string()),
    };
    match transport.send(message).await {
        Ok(_) => Sending::Sent,
        Err(error) if error.is_permanent() => Sending::Refused(error.to_string()),
        Err(error) => Sending::Failed(error.to_string()),
    }
}
