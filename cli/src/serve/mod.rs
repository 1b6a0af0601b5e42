//! `segments serve`: the whole system on one machine.
//!
//! A webhook's message is in the store before the webhook is answered. Workers, full runs and the
//! refresh of group ids go on side by side, all on one thread: what takes time is waiting for services.

mod schedule;
pub(crate) mod webhooks;
mod work;

use std::sync::Arc;

use state::StoredQueue;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use crate::args::ServeOptions;
use crate::local::LocalSystem;
use crate::output::{complain, say};
use crate::report::Report;
use schedule::Schedule;

type System = LocalSystem<StoredQueue>;

/// Serves until it is asked to stop.
pub(crate) async fn run(options: &ServeOptions) -> Report {
    // Boxed: it holds all that goes on side by side.
    match Box::pin(serve(options)).await {
        Ok(left) => Report::good(format!("Stopped. {left}")),
        Err(complaint) => Report::failed(complaint),
    }
}

async fn serve(options: &ServeOptions) -> Result<String, String> {
    let schedule = Schedule::new(options.full_run_at, &options.time_zone)?;
    let system = options.store.local_system().await.map_err(|error| error.to_string())?;
    let system = Arc::new(system);
    let listen = options.listen;
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| format!("{listen} cannot be had: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let serving = format!(
        "Serving {} at http://{address}{} until Ctrl-C or SIGTERM.\n\
         Full runs begin at {:.0}, {}. The store is {}.",
        system.shop(),
        webhook::PATH,
        schedule.time(),
        schedule.zone(),
        options.store.store.display(),
    );
    warn_without_book(&system, &options.store.again()).await?;
    let asked_to_stop = asked_to_stop().map_err(|error| error.to_string())?;
    say(&serving).map_err(|error| error.to_string())?;
    let (stop, stopping) = watch::channel(false);
    let arrivals = Arc::new(Notify::new());
    let asked = async {
        let asked = asked_to_stop.await;
        // Nobody listens any more only if everything has ended already.
        let _ = stop.send(true);
        asked
    };
    let (asked, served, ..) = tokio::join!(
        asked,
        webhooks::serve(listener, Arc::clone(&system), Arc::clone(&arrivals), stopping.clone()),
        work::work(&system, &arrivals, stopping.clone()),
        work::work(&system, &arrivals, stopping.clone()),
        schedule::go_on(&system, stopping.clone()),
        schedule::begin_daily(&system, &schedule, stopping.clone()),
        schedule::refresh(&system, stopping),
    );
    asked.and(served).map_err(|error| error.to_string())?;
    Ok(work::left(&system).await)
}

/// Without a rule book everything is taken and nobody is put anywhere, which looks as if all were well.
async fn warn_without_book(system: &System, again: &str) -> Result<(), String> {
    let rows = system.config_table().wanted_rows().await.map_err(|error| error.to_string())?;
    if rows.is_empty() {
        complain(&format!(
            "Warning: no rule book is stored, so customers wait until there is one: segments setup{again}"
        ));
    }
    Ok(())
}

/// Ends when somebody asks to stop. Signals are heard from the call on: whoever reads that this serves may ask.
#[cfg(unix)]
fn asked_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn asked_to_stop() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}

/// Waits until it is time to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as whoever waits here.
    let _ = stopping.wait_for(|stop| *stop).await;
}
