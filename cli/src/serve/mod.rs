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
use crate::run::INTERRUPTED;
use schedule::Schedule;

type System<Q = StoredQueue> = LocalSystem<Q>;

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
    let mut signals = Signals::heard().map_err(|error| error.to_string())?;
    say(&serving).map_err(|error| error.to_string())?;
    let (stop, stopping) = watch::channel(false);
    let arrivals = Arc::new(Notify::new());
    let all = async {
        let (served, ..) = tokio::join!(
            webhooks::serve(listener, Arc::clone(&system), Arc::clone(&arrivals), stopping.clone()),
            work::work(&system, &arrivals, stopping.clone()),
            work::work(&system, &arrivals, stopping.clone()),
            schedule::go_on(&system, stopping.clone()),
            schedule::begin_daily(&system, &schedule, stopping.clone()),
            schedule::refresh(&system, stopping.clone()),
        );
        served
    };
    let asked_twice = async {
        signals.next().await?;
        // Nobody listens any more only if everything has ended already.
        let _ = stop.send(true);
        signals.next().await
    };
    tokio::select! {
        served = all => served.map_err(|error| error.to_string())?,
        asked = asked_twice => {
            asked.map_err(|error| error.to_string())?;
            complain("Stopped at once. What was in work comes back after six minutes.");
            // To end in order could take as long as what hangs; the store forgets nothing either way.
            std::process::exit(INTERRUPTED.into());
        }
    }
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

/// Who asks to stop. They are heard from when this is made: whoever reads that this serves may ask.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn heard() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    /// Waits until somebody asks, or asks once more.
    async fn next(&mut self) -> std::io::Result<()> {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        Ok(())
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn heard() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

/// Waits until it is time to stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as whoever waits here.
    let _ = stopping.wait_for(|stop| *stop).await;
}
