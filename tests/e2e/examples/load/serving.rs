//! The tool at work, in a process of its own.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use outbound::{BaseUrl, Network, Transport};
use simulators::Webhook;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::{Arguments, Failure, Town};

/// Shopify waits no longer for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a tick of the kernel's clock is, by which it counts the time of the processor.
const TICK: Duration = Duration::from_millis(10);

/// `segments serve`. It is killed when this is dropped.
pub(crate) struct Serving {
    child: Child,
    url: String,
    network: Network,
}

impl Serving {
    pub(crate) async fn start(arguments: &Arguments, town: &Town) -> Result<Self, Failure> {
        let mut command = Command::new(&arguments.segments);
        command.args(["serve", "--listen", "127.0.0.1:0", "--store"]).arg(town.folder());
        command.current_dir(town.folder()).envs(town.environment(arguments));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut said = BufReader::new(child.stdout.take().ok_or("it says nothing")?);
        let mut line = String::new();
        said.read_line(&mut line).await?;
        let url = line.split(' ').find(|word| word.starts_with("http://"));
        let url = url.ok_or("it does not say where it serves")?.to_owned();
        child.stdout = Some(said.into_inner());
        let network = Network::new(&[&BaseUrl::configured("http://127.0.0.1")?])?;
        Ok(Self { child, url, network })
    }

    /// Posts a webhook; whether it was taken.
    pub(crate) async fn post(&self, webhook: Webhook) -> bool {
        let Ok(mut request) = Request::post(&self.url).body(webhook.body) else { return false };
        *request.headers_mut() = webhook.headers;
        let answer: Result<http::Response<Bytes>, _> = self.network.send(request, PATIENCE).await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// Its process.
    pub(crate) fn id(&self) -> Result<u32, Failure> {
        self.child.id().ok_or_else(|| "it has ended".into())
    }

    /// The time of the processor that it has used.
    pub(crate) fn processor(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()?))?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = ticks.sum::<Result<_, _>>()?;
        Ok(TICK * ticks)
    }

    /// Asks it to stop; gives what it said last.
    pub(crate) async fn stop(&mut self) -> Result<String, Failure> {
        let process = self.id()?.to_string();
        Command::new("kill").args(["-TERM", &process]).status().await?;
        let mut said = String::new();
        let mut out = self.child.stdout.take().ok_or("it says nothing")?;
        out.read_to_string(&mut said).await?;
        let ended = self.child.wait().await?;
        if ended.success() { Ok(said) } else { Err(format!("it ended with {ended}").into()) }
    }
}
