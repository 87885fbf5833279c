//! Whether an append that failed is certainly not in: the table of Redis's errors.
//!
//! By the error's code and by where the connection stood, never by its text. What Redis answers before it executes anything is
//! certain; an error out of the middle of it, or no answer, is not.

use ftl_core::journal::{AppendError, Refusal};
use redis::{ErrorKind, RedisError};

/// What an error says of the append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is certainly not in.
    Refused,
    /// It may be in, or get in yet.
    Unknown,
}

/// Codes that Redis answers. A code that is not here is unknown.
const CODES: &[(&str, Fate)] = &[
    ("READONLY", Fate::Refused),    // a replica
    ("LOADING", Fate::Refused),     // it reads its file
    ("BUSY", Fate::Refused),        // another script runs
    ("OOM", Fate::Refused),         // no memory
    ("MASTERDOWN", Fate::Refused),  // a replica that lost its master
    ("NOSCRIPT", Fate::Refused),    // a script is not loaded
    ("MOVED", Fate::Refused),       // another node has the key
    ("ASK", Fate::Refused),         // another node is getting it
    ("TRYAGAIN", Fate::Refused),    // the keys are on their way
    ("CLUSTERDOWN", Fate::Refused), // no quorum
    ("CROSSSLOT", Fate::Refused),   // keys of two shards
    ("MISCONF", Fate::Refused),     // it cannot write its file
    ("NOREPLICAS", Fate::Refused),  // too few replicas
    ("NOAUTH", Fate::Refused),      // no password
    ("WRONGPASS", Fate::Refused),   // another password
    ("NOPERM", Fate::Refused),      // no right to it
    ("NOPROTO", Fate::Refused),     // the handshake failed
    ("DENIED", Fate::Refused),      // protected mode
    ("WRONGTYPE", Fate::Unknown),   // out of the middle: the stream's key is something else
    ("ERR", Fate::Unknown),         // anything, also out of the middle
    ("EXECABORT", Fate::Refused),   // a command was not queued, so none was executed
    ("UNKILLABLE", Fate::Unknown),
    ("NOTBUSY", Fate::Unknown),
];

fn of_code(code: &str) -> Fate {
    CODES.iter().find(|(known, _)| *known == code).map_or(Fate::Unknown, |(_, fate)| *fate)
}

/// The fate of an append that was sent and failed.
pub(super) fn of(error: &RedisError) -> Fate {
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => error.code().map_or(Fate::Unknown, of_code),
        // Found before anything was sent.
        ErrorKind::Client
        | ErrorKind::InvalidClientConfig
        | ErrorKind::AuthenticationFailed
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel
        | ErrorKind::EmptySentinelList
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::RESP3NotSupported => Fate::Refused,
        // No connection came about, so nothing was sent.
        ErrorKind::Io if error.is_connection_refusal() => Fate::Refused,
        // Timed out, dropped, or answered with something that is no answer.
        _ => Fate::Unknown,
    }
}

pub(super) fn append_error(error: &RedisError) -> AppendError {
    match of(error) {
        Fate::Refused => AppendError::Refused(Refusal::Store(error.to_string())),
        Fate::Unknown => AppendError::Unknown(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use redis::{ServerErrorKind, make_extension_error};

    use super::*;

    #[test]
    fn every_code_is_in_the_table_once() {
        for (code, fate) in CODES {
            assert_eq!(CODES.iter().filter(|(other, _)| other == code).count(), 1, "{code}");
            assert_eq!(of(&make_extension_error((*code).into(), None)), *fate, "{code}");
        }
    }

    #[test]
    fn errors_that_the_driver_names_are_decided_by_the_same_table() {
        let expected = [
            (ServerErrorKind::ReadOnly, Fate::Refused),
            (ServerErrorKind::BusyLoading, Fate::Refused),
            (ServerErrorKind::MasterDown, Fate::Refused),
            (ServerErrorKind::NoScript, Fate::Refused),
            (ServerErrorKind::Moved, Fate::Refused),
            (ServerErrorKind::Ask, Fate::Refused),
            (ServerErrorKind::TryAgain, Fate::Refused),
            (ServerErrorKind::ClusterDown, Fate::Refused),
            (ServerErrorKind::CrossSlot, Fate::Refused),
            (ServerErrorKind::NoPerm, Fate::Refused),
            (ServerErrorKind::ResponseError, Fate::Unknown),
            (ServerErrorKind::ExecAbort, Fate::Refused),
            (ServerErrorKind::NotBusy, Fate::Unknown),
            (ServerErrorKind::NoSub, Fate::Unknown),
        ];
        for (kind, fate) in expected {
            let error = RedisError::from((ErrorKind::Server(kind), "answered"));
            assert_eq!(of(&error), fate, "{kind:?}");
        }
    }

    #[test]
    fn what_was_never_sent_is_not_in_and_what_broke_on_the_way_may_be() {
        let io = |kind: io::ErrorKind| RedisError::from(io::Error::from(kind));
        let expected = [
            (io(io::ErrorKind::ConnectionRefused), Fate::Refused),
            (io(io::ErrorKind::TimedOut), Fate::Unknown),
            (io(io::ErrorKind::ConnectionReset), Fate::Unknown),
            (io(io::ErrorKind::ConnectionAborted), Fate::Unknown),
            (io(io::ErrorKind::BrokenPipe), Fate::Unknown),
            (io(io::ErrorKind::UnexpectedEof), Fate::Unknown),
            (RedisError::from((ErrorKind::Io, "dropped")), Fate::Unknown),
            (RedisError::from((ErrorKind::Parse, "half an answer")), Fate::Unknown),
            (RedisError::from((ErrorKind::UnexpectedReturnType, "another answer")), Fate::Unknown),
            (RedisError::from((ErrorKind::Client, "nothing to send")), Fate::Refused),
            (RedisError::from((ErrorKind::InvalidClientConfig, "no host")), Fate::Refused),
            (RedisError::from((ErrorKind::AuthenticationFailed, "no")), Fate::Refused),
            (RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, "none")), Fate::Refused),
            (RedisError::from((ErrorKind::NoValidReplicasFoundBySentinel, "none")), Fate::Refused),
            (RedisError::from((ErrorKind::EmptySentinelList, "none")), Fate::Refused),
            (RedisError::from((ErrorKind::ClusterConnectionNotFound, "none")), Fate::Refused),
            (RedisError::from((ErrorKind::RESP3NotSupported, "old")), Fate::Refused),
            (make_extension_error("NOVEL".into(), None), Fate::Unknown),
        ];
        for (error, fate) in expected {
            assert_eq!(of(&error), fate, "{error}");
        }
    }
}
