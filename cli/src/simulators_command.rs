//! `segments simulators`: the simulated shop, org and Mavera account behind HTTP.

use simulators::{SimClock, World, mavera, okta, shopify};
use tokio::net::TcpListener;

use crate::args::SimulatorOptions;
use crate::report::Report;

/// Serves until Ctrl-C.
pub(crate) async fn run(options: &SimulatorOptions) -> Report {
    let SimulatorOptions { listen, shop } = options;
    if !listen.ip().is_loopback() {
        return Report::failed(format!("{listen} is not on this machine: use 127.0.0.1"));
    }
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => return Report::failed(format!("{listen} cannot be had: {error}")),
    };
    let address = match listener.local_addr() {
        Ok(address) => address,
        Err(error) => return Report::failed(format!("{listen} cannot be had: {error}")),
    };
    let world = World::at(SimClock::following_real_time(), shop.clone());
    println!("{}", settings(&world, address));
    tokio::select! {
        served = simulators::serve(world, listener) => match served {
            Ok(()) => Report::good("Stopped."),
            Err(error) => Report::failed(format!("the simulators stopped: {error}")),
        },
        _ = tokio::signal::ctrl_c() => Report::good("Stopped."),
    }
}

/// What to configure for functions that are to call the simulators.
fn settings(world: &World, address: std::net::SocketAddr) -> String {
    format!(
        "Serving until Ctrl-C. For the functions' environment:\n  \
         SHOPIFY_SHOP={}\n  \
         SHOPIFY_API_URL=http://{address}/shopify\n  \
         OKTA_ORG_URL=http://{address}/okta\n  \
         MAVERA_API_URL=http://{address}/mavera\n\
         For their secrets:\n  \
         webhook  {{\"secrets\": [\"{}\"]}}\n  \
         shopify  {{\"access_token\": \"{}\"}}\n  \
         okta     {{\"api_token\": \"{}\"}}\n  \
         mavera   {{\"api_key\": \"{}\"}}\n\
         The shop's exports are files at http://{address}/storage; their links say where.\n\
         People, orders and groups are made at http://{address}/control.",
        world.shopify.domain(),
        world.shopify.webhook_secret(),
        shopify::ACCESS_TOKEN,
        okta::API_TOKEN,
        mavera::API_KEY,
    )
}
