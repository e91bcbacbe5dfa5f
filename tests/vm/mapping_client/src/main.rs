// SPDX-License-Identifier: MIT
//
// mapping-client GATEWAY OWN-ADDRESS NONCE map|drop PORT [LIFETIME]
//
// One request by PCP (RFC 6887) for a UDP port, with crab_nat. Prints "granted ADDRESS:PORT for
// SECONDS, epoch SECONDS", "dropped", or "refused: WHY", and says no more than the library does.
use crab_nat::pcp::{self, BaseMapRequest, DropMappingRange};
use crab_nat::{InternetProtocol, PortMappingOptions, PortMappingType};
use std::net::IpAddr;
use std::num::NonZeroU16;

fn refused(why: pcp::Failure) -> String {
    format!("refused: {why}")
}

async fn answer(words: &[String]) -> Result<String, Box<dyn std::error::Error>> {
    let [gateway, own, nonce, what, port, rest @ ..] = words else {
        return Err("GATEWAY OWN-ADDRESS NONCE map|drop PORT [LIFETIME]".into());
    };
    let gateway = gateway.parse::<IpAddr>()?.into();
    let own = own.parse::<IpAddr>()?;
    let nonce = [nonce.parse::<u32>()?, 0, 1];
    let port = port.parse::<NonZeroU16>()?;
    let protocol = InternetProtocol::Udp;
    if what == "drop" {
        let range = DropMappingRange::Single { protocol, internal_port: port };
        let dropped = pcp::try_drop_mapping(gateway, own, nonce, range, None).await;
        return Ok(dropped.map_or_else(refused, |()| "dropped".into()));
    }
    let options = PortMappingOptions {
        external_port: Some(port),
        lifetime_seconds: rest.first().map(|text| text.parse()).transpose()?,
        timeout_config: None,
    };
    let request = BaseMapRequest::new(gateway, own, protocol, port);
    Ok(match pcp::port_mapping(request, Some(nonce), None, options).await {
        Err(why) => refused(why),
        Ok(mapping) => {
            let PortMappingType::Pcp { external_ip, .. } = mapping.mapping_type() else {
                return Err("granted by another protocol".into());
            };
            format!(
                "granted {external_ip}:{} for {}, epoch {}",
                mapping.external_port(),
                mapping.lifetime(),
                mapping.gateway_epoch()
            )
        }
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    println!("{}", answer(&words).await?);
    Ok(())
}
