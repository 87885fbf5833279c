//! Every way in which this server ends a connection. The reference page is made of this table.

use bytes::Bytes;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::message::framed;

/// Why a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// The client broke RFC 6455.
    Protocol,
    /// The client sent a binary frame.
    Binary,
    /// A text that is no UTF-8.
    NotUtf8,
    /// A message above the limit.
    TooBig,
    /// The server ends.
    Restart,
    /// No JSON, or not one of the actions.
    Malformed,
    /// There is no such instrument, match or channel.
    UnknownSubscription,
    /// What concerns the account waits too long to be read.
    TooSlow,
    /// Nothing was heard of the client, not even a pong.
    Silent,
    /// Too many messages or subscriptions.
    TooMany,
    /// The league does not serve.
    Unavailable,
}

impl Close {
    /// All, in the order of the reference.
    pub const ALL: [Self; 11] = [
        Self::Protocol,
        Self::Binary,
        Self::NotUtf8,
        Self::TooBig,
        Self::Restart,
        Self::Unavailable,
        Self::Malformed,
        Self::UnknownSubscription,
        Self::TooSlow,
        Self::Silent,
        Self::TooMany,
    ];

    /// The code on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Binary => 1003,
            Self::NotUtf8 => 1007,
            Self::TooBig => 1009,
            Self::Restart => 1012,
            Self::Unavailable => 1013,
            Self::Malformed => 4000,
            Self::UnknownSubscription => 4004,
            Self::TooSlow => 4008,
            Self::Silent => 4010,
            Self::TooMany => 4029,
        }
    }

    /// The reason on the wire.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Protocol => "protocol error",
            Self::Binary => "text frames only",
            Self::NotUtf8 => "not UTF-8",
            Self::TooBig => "message too big",
            Self::Restart => r#"{"reconnectInMs":…}"#,
            Self::Unavailable => "try again later",
            Self::Malformed => "malformed message",
            Self::UnknownSubscription => "unknown subscription",
            Self::TooSlow => "too slow: resume",
            Self::Silent => "silent",
            Self::TooMany => "too many messages or subscriptions",
        }
    }

    /// What happened, and what the client does.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Protocol => "The client broke RFC 6455: mend it.",
            Self::Binary => "Clients send text frames: mend it.",
            Self::NotUtf8 => "A text frame holds UTF-8: mend it.",
            Self::TooBig => "A message has 16 KiB at the most: mend it.",
            Self::Restart => {
                "The server ends. Reconnect after the `reconnectInMs` of the reason, which differs from client to client, and resume."
            }
            Self::Unavailable => "The league does not serve just now. Reconnect after a second, and resume.",
            Self::Malformed => "The message is not JSON, or not one of the actions: mend it.",
            Self::UnknownSubscription => "There is no such instrument, match or channel. Look at `instruments` and `fixtures`.",
            Self::TooSlow => {
                "More than 256 KiB of what concerns the account was waiting to be read, or the client took nothing for 60 s. Reconnect and resume: nothing is lost."
            }
            Self::Silent => "Nothing was heard for 60 s, not even a pong. Reconnect and resume.",
            Self::TooMany => "More than 2,000 subscriptions, or 4,000 messages or 1 MiB in a second: ask for the channel `prices` instead.",
        }
    }

    /// The frame that says so.
    pub(super) fn frame(self) -> Bytes {
        self.frame_with(self.reason())
    }

    /// The frame with another reason.
    pub(super) fn frame_with(self, reason: &str) -> Bytes {
        framed(Frame::close(Some(CloseFrame { code: CloseCode::from(self.code()), reason: reason.into() })))
    }
}

/// The reference page.
pub fn reference() -> String {
    let mut page = String::from(include_str!("reference.md"));
    page.push_str("| code | reason | what it means |\n|---|---|---|\n");
    for close in Close::ALL {
        page.push_str(&format!("| {} | {} | {} |\n", close.code(), close.reason(), close.advice()));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_made_of_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/websocket.md");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), reference(), "write it with UPDATE_REFERENCE=1");
    }

    #[test]
    fn codes_tell_reasons_apart() {
        let mut codes: Vec<u16> = Close::ALL.iter().map(|close| close.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Close::ALL.len());
        // A close frame has 123 bytes for its reason.
        assert!(Close::ALL.iter().all(|close| close.reason().len() < 100));
    }
}
