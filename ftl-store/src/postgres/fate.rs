//! Whether a statement that failed is certainly not in: the table of PostgreSQL's errors.
//!
//! By SQLSTATE and by where the connection stood, never by text. An error that the server answers to a statement of its own
//! transaction says that it was rolled back, but for the few classes where the server itself went down on the way. What was
//! sent and not answered may be in.

use ftl_core::journal::{AppendError, Refusal};

/// What an error says of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is certainly not in.
    Refused,
    /// It may be in, or get in yet.
    Unknown,
}

/// SQLSTATEs, whole or by class, whose statement may be in. The first that fits decides.
const TABLE: &[(&str, Fate)] = &[
    // The server answers these while it goes down or comes up; `57P01` also after a commit that waited for a replica.
    ("57P01", Fate::Unknown), // admin_shutdown
    ("57P02", Fate::Unknown), // crash_shutdown
    ("57P03", Fate::Refused), // cannot_connect_now
    ("57P05", Fate::Unknown), // idle_session_timeout
    ("57", Fate::Refused),    // query_canceled: a timeout
    ("40003", Fate::Unknown), // statement_completion_unknown
    ("40", Fate::Refused),    // serialization_failure, deadlock_detected
    ("08P01", Fate::Unknown), // protocol_violation
    ("08", Fate::Unknown),    // connection exceptions
    ("55", Fate::Refused),    // lock_not_available and the like
    ("53", Fate::Refused),    // disk_full, out_of_memory, too_many_connections
    ("25", Fate::Refused),    // read_only_sql_transaction: a standby; idle_in_transaction_session_timeout
    ("22", Fate::Refused),    // data exceptions
    ("23", Fate::Refused),    // integrity constraints
    ("26", Fate::Refused),    // invalid_sql_statement_name: a pooler between lost a prepared statement
    ("28", Fate::Refused),    // authorisation
    ("3D", Fate::Refused),    // no such database
    ("42", Fate::Refused),    // no such table, no such function, no privilege
    ("54", Fate::Refused),    // too large
    ("0A", Fate::Refused),    // not supported
    ("58", Fate::Unknown),    // the system below: an I/O error may come with the commit
    ("F0", Fate::Unknown),    // configuration file
    ("XX", Fate::Unknown),    // internal errors, damage
];

/// The fate of a statement whose server answered with this SQLSTATE.
pub(super) fn of_state(state: &str) -> Fate {
    TABLE.iter().find(|(prefix, _)| state.starts_with(prefix)).map_or(Fate::Unknown, |(_, fate)| *fate)
}

/// The fate of a statement that was sent and failed.
pub(super) fn of(error: &sqlx::Error) -> Fate {
    match error {
        sqlx::Error::Database(error) => error.code().map_or(Fate::Unknown, |state| of_state(&state)),
        // Found before anything was sent.
        sqlx::Error::Configuration(_)
        | sqlx::Error::InvalidArgument(_)
        | sqlx::Error::Encode(_)
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => Fate::Refused,
        _ => Fate::Unknown,
    }
}

pub(super) fn append_error(error: &sqlx::Error) -> AppendError {
    match of(error) {
        Fate::Refused => AppendError::Refused(Refusal::Store(error.to_string())),
        Fate::Unknown => AppendError::Unknown(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_decides_for_the_states_that_it_names() {
        for (place, (prefix, fate)) in TABLE.iter().enumerate() {
            let whole = format!("{prefix:0<5}");
            let shadowed = TABLE[..place].iter().any(|(before, _)| whole.starts_with(before));
            assert!(!shadowed, "{prefix} is never reached");
            assert_eq!(of_state(&whole), *fate, "{prefix}");
        }
    }

    #[test]
    fn states_that_a_server_really_answers_are_where_they_belong() {
        let expected = [
            ("55P03", Fate::Refused), // lock_timeout
            ("57014", Fate::Refused), // statement_timeout
            ("53100", Fate::Refused), // disk full
            ("53300", Fate::Refused), // too many connections
            ("25006", Fate::Refused), // a standby
            ("40P01", Fate::Refused), // deadlock
            ("40001", Fate::Refused), // serialisation
            ("23505", Fate::Refused), // a seq that is taken
            ("42P01", Fate::Refused), // no such table
            ("57P03", Fate::Refused), // starting up
            ("57P01", Fate::Unknown), // shut down on the way
            ("57P02", Fate::Unknown), // crashed on the way
            ("40003", Fate::Unknown), // the server says that it does not know
            ("08006", Fate::Unknown), // connection failure
            ("58030", Fate::Unknown), // I/O error
            ("XX000", Fate::Unknown), // internal error
            ("XX001", Fate::Unknown), // damage
            ("P0001", Fate::Unknown), // nothing of ours raises
            ("", Fate::Unknown),
        ];
        for (state, fate) in expected {
            assert_eq!(of_state(state), fate, "{state}");
        }
    }

    #[test]
    fn what_was_never_sent_is_not_in_and_what_broke_on_the_way_may_be() {
        assert_eq!(of(&sqlx::Error::PoolTimedOut), Fate::Refused);
        assert_eq!(of(&sqlx::Error::PoolClosed), Fate::Refused);
        assert_eq!(of(&sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())), Fate::Unknown);
        assert_eq!(of(&sqlx::Error::Io(std::io::ErrorKind::UnexpectedEof.into())), Fate::Unknown);
        assert_eq!(of(&sqlx::Error::Protocol("cut".into())), Fate::Unknown);
        assert_eq!(of(&sqlx::Error::WorkerCrashed), Fate::Unknown);
        assert_eq!(of(&sqlx::Error::RowNotFound), Fate::Unknown);
    }
}
