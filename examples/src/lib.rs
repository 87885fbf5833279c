//! The examples are the targets beside this file.
