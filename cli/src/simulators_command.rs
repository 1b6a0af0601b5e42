//! `segments simulators`: the simulated shop, org and Mavera account behind HTTP, and what stands in for AWS.

mod aws;
mod environment;

use std::net::SocketAddr;
use std::path::Path;

use simulators::{SimClock, World, mavera, okta, shopify};
use tokio::net::TcpListener;

use crate::args::SimulatorOptions;
use crate::output::say;
use crate::report::Report;
use aws::{Aws, AwsError};

/// Serves until Ctrl-C.
pub(crate) async fn run(options: &SimulatorOptions) -> Report {
    match serve(options).await {
        Ok(()) => Report::good("Stopped."),
        Err(error) => Report::failed(error.to_string()),
    }
}

async fn serve(options: &SimulatorOptions) -> Result<(), AwsError> {
    let (listener, address) = listen(options.listen).await?;
    let world = World::at(SimClock::following_real_time(), options.shop.clone());
    let mut variables = environment::of_services(&world, address);
    let aws = if options.without_aws {
        None
    } else {
        let (listener, address) = listen(options.aws).await?;
        let aws = Aws::for_world(&world).await?;
        variables.extend(environment::of_aws(&aws, address));
        Some((aws, listener))
    };
    if let Some(file) = &options.env_file {
        write(file, &environment::file(&variables))?;
    }
    let told = variables.iter().map(|(name, value)| format!("  {name}={value}\n"));
    say(&format!(
        "Serving until Ctrl-C. For the functions' environment:\n{}\n{}",
        told.collect::<String>(),
        secrets_and_addresses(&world, address)
    ))?;
    let stand_in = async {
        match aws {
            Some((aws, listener)) => aws.serve(listener).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = simulators::serve(world, listener) => served.map_err(|error| stopped(&error)),
        served = stand_in => served.map_err(|error| stopped(&error)),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

fn stopped(error: &std::io::Error) -> AwsError {
    format!("the simulators stopped: {error}").into()
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), AwsError> {
    if !address.ip().is_loopback() {
        return Err(format!("{address} is not on this machine: use 127.0.0.1").into());
    }
    let refused = |error| format!("{address} cannot be had: {error}");
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let bound = listener.local_addr().map_err(refused)?;
    Ok((listener, bound))
}

fn write(file: &Path, text: &str) -> Result<(), AwsError> {
    std::fs::write(file, text)
        .map_err(|error| format!("{} cannot be written: {error}", file.display()).into())
}

/// What to configure besides, and where the rest is.
fn secrets_and_addresses(world: &World, address: SocketAddr) -> String {
    format!(
        "For their secrets:\n  \
         webhook  {{\"secrets\": [\"{}\"]}}\n  \
         shopify  {{\"access_token\": \"{}\"}}\n  \
         okta     {{\"api_token\": \"{}\"}}\n  \
         mavera   {{\"api_key\": \"{}\"}}\n\
         The shop's exports are files at http://{address}/storage; their links say where.\n\
         People, orders and groups are made at http://{address}/control.",
        world.shopify.webhook_secret(),
        shopify::ACCESS_TOKEN,
        okta::API_TOKEN,
        mavera::API_KEY,
    )
}
