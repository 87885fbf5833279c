//! A future that runs on a thread of its own: the appender and the writer of history. It is woken at once where a busy
//! runtime looks only now and then at whom other threads have woken, and it may compute for long without holding up
//! requests. A thread that nobody ends does not hold up the end of the process.

use std::future::Future;
use std::io;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Runs `future` on a thread called `name`; what is given back ends with it.
pub(crate) fn on_own_thread(name: &str, future: impl Future<Output = ()> + Send + 'static) -> io::Result<JoinHandle<()>> {
    let runtime = Handle::current();
    let (sender, ended) = oneshot::channel::<()>();
    std::thread::Builder::new().name(name.into()).spawn(move || {
        runtime.block_on(future);
        drop(sender);
    })?;
    Ok(tokio::spawn(async move {
        // The sender ends with the thread, however it ends.
        let _ = ended.await;
    }))
}
