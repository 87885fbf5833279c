//! What is wrong with a match file. Shown to whoever wrote the file: it names the field, and the line where the text
//! itself is at fault.

/// A match file is refused, whole.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Not JSON, an unknown or missing field, or a value of another type: mend the file.
    #[error("line {line}, column {column}, {field}: {what}")]
    Malformed {
        /// Where in the text.
        line: usize,
        /// Where in the line.
        column: usize,
        /// The field's path, `events[3].minute`; "." is the whole.
        field: String,
        /// What is wrong with it.
        what: String,
    },
    /// It reads well and cannot have been: mend the file.
    #[error("{field}: {what}")]
    Contradiction {
        /// The field's path, with the event's id where it has one.
        field: String,
        /// What is wrong with it.
        what: String,
    },
}

impl SourceError {
    /// From the parser, which knows the path.
    pub(crate) fn of_parser(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let field = error.path().to_string();
        Self::malformed(field, error.inner())
    }

    /// From what stands behind the object.
    pub(crate) fn of_trailing(error: serde_json::Error) -> Self {
        Self::malformed(".".into(), &error)
    }

    fn malformed(field: String, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The parser's own text ends with the place, which has a field of its own here.
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
        Self::Malformed { line: error.line(), column: error.column(), field, what }
    }

    /// From the checks.
    pub(crate) fn contradiction(field: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Contradiction { field: field.into(), what: what.into() }
    }
}
