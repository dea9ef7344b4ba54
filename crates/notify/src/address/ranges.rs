//! Which IP addresses are somewhere out in the internet.
//!
//! The standard library's `is_global` is unstable and lists elsewhere miss some clouds' services: so the table is
//! here, from IANA's registries of special-purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

type V4 = ([u8; 4], u32);
type V6 = ([u16; 8], u32);

/// What of IPv4 leads inside or nowhere.
const V4_REFUSED: &[V4] = &[
    ([0, 0, 0, 0], 8),        // this network; `0` is this host on Linux
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carriers' NAT, Tailscale, Alibaba's metadata
    ([127, 0, 0, 0], 8),      // loopback
    ([168, 63, 129, 16], 32), // Azure's host service: formally public
    ([169, 254, 0, 0], 16),   // link-local, clouds' metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // IETF protocols, Oracle's metadata
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 31, 196, 0], 24),  // AS112
    ([192, 52, 193, 0], 24),  // AMT
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private
    ([192, 175, 48, 0], 24),  // AS112
    ([198, 18, 0, 0], 15),    // benchmarking
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// All of IPv6 that is given out to the internet. Loopback, private, link-local, multicast, NAT64 and the mapped,
/// compatible and translated forms of IPv4 are outside of it.
const V6_GIVEN_OUT: V6 = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What of that is refused all the same.
const V6_REFUSED: &[V6] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // IETF protocols, with Teredo, benchmarking and ORCHID
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4
    ([0x2620, 0x004f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// The services by which clouds hand credentials to their machines.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

/// Whether `ip` is an address of the internet, neither inside nor reserved.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !V4_REFUSED.iter().any(|range| v4_within(ip, *range)),
        IpAddr::V6(ip) => {
            v6_within(ip, V6_GIVEN_OUT)
                && !V6_REFUSED.iter().any(|range| v6_within(ip, *range))
                && isatap(ip).is_none_or(|inner| is_public(inner.into()))
        }
    }
}

pub(super) fn is_metadata(ip: IpAddr) -> bool {
    METADATA.contains(&ip)
}

/// The IPv4 address that a translator would call for `ip` in `64:ff9b::/96`.
pub(super) fn nat64(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    v6_within(ip, ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96)).then(|| last_four(ip))
}

/// The IPv4 address in an interface id `0:5efe:…` or `200:5efe:…`.
fn isatap(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [_, _, _, _, flag, mark, ..] = ip.segments();
    (matches!(flag, 0 | 0x0200) && mark == 0x5efe).then(|| last_four(ip))
}

fn last_four(ip: Ipv6Addr) -> Ipv4Addr {
    let [.., a, b, c, d] = ip.octets();
    Ipv4Addr::new(a, b, c, d)
}

fn v4_within(ip: Ipv4Addr, (network, bits): V4) -> bool {
    (ip.to_bits() ^ Ipv4Addr::from(network).to_bits()).leading_zeros() >= bits
}

fn v6_within(ip: Ipv6Addr, (network, bits): V6) -> bool {
    (ip.to_bits() ^ Ipv6Addr::from(network).to_bits()).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().expect("an address"))
    }

    #[test]
    fn the_edges_of_the_ranges_are_where_they_belong() {
        for (inside, outside) in [
            ("0.255.255.255", "1.0.0.0"),
            ("10.0.0.0", "9.255.255.255"),
            ("10.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.63.255.255"),
            ("100.127.255.255", "100.128.0.0"),
            ("127.255.255.255", "128.0.0.0"),
            ("168.63.129.16", "168.63.129.17"),
            ("169.254.0.0", "169.253.255.255"),
            ("172.16.0.0", "172.15.255.255"),
            ("172.31.255.255", "172.32.0.0"),
            ("192.0.0.255", "192.0.1.0"),
            ("192.168.255.255", "192.169.0.0"),
            ("198.19.255.255", "198.20.0.0"),
            ("203.0.113.255", "203.0.114.0"),
            ("224.0.0.0", "223.255.255.255"),
            ("2001:1ff:ffff::", "2001:200::"),
            ("2001:db8:ffff::1", "2001:db9::1"),
            ("2002:ffff::1", "2003::1"),
            ("2620:4f:8000::1", "2620:4f:8001::1"),
            ("3fff:fff::1", "3fff:1000::1"),
            ("1fff::1", "2400::1"),
            ("4000::1", "2606:4700::1111"),
        ] {
            assert!(!public(inside), "{inside}");
            assert!(public(outside), "{outside}");
        }
    }

    #[test]
    fn what_others_call_public_is_refused() {
        // Python 3.11's `is_global` says yes to each.
        for ip in [
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fec0::1",
            "5f00::1",
            "3fff::1",
            "100:0:0:1::1",
            "ff02::1",
            "224.0.0.1",
            "192.0.0.192",
            "192.88.99.1",
            "168.63.129.16",
        ] {
            assert!(!public(ip), "{ip}");
        }
    }

    #[test]
    fn metadata_services_are_never_public() {
        assert!(METADATA.iter().all(|ip| !is_public(*ip)));
    }

    #[test]
    fn an_isatap_address_is_what_it_carries() {
        assert!(!public("2606:4700::5efe:127.0.0.1") && !public("2606:4700::200:5efe:10.0.0.1"));
        assert!(public("2606:4700::5efe:1.1.1.1"));
    }

    proptest! {
        #[test]
        fn no_form_of_an_inner_ipv4_address_is_public(bits: u32, pick in 0..V4_REFUSED.len()) {
            let (network, length) = V4_REFUSED[pick];
            let host = u32::MAX.checked_shr(length).unwrap_or(0);
            let ip = Ipv4Addr::from_bits(Ipv4Addr::from(network).to_bits() | (bits & host));
            prop_assert!(!is_public(ip.into()), "{}", ip);
            let low = u128::from(ip.to_bits());
            for v6 in [
                ip.to_ipv6_mapped().to_bits(),
                low,
                0xffff_0000_u128 << 32 | low,
                0x0064_ff9b_u128 << 96 | low,
                0x0064_ff9b_0001_u128 << 80 | low,
                0x2002_u128 << 112 | low << 80,
                0x2001_0000_u128 << 96 | u128::from(!ip.to_bits()),
                0x2606_4700_u128 << 96 | 0x5efe_u128 << 32 | low,
            ] {
                let v6 = Ipv6Addr::from_bits(v6);
                prop_assert!(!is_public(v6.into()), "{}", v6);
            }
        }

        #[test]
        fn what_the_standard_library_knows_to_be_inside_is_never_public(bits: u32, wide: u128) {
            let v4 = Ipv4Addr::from_bits(bits);
            if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified()
            {
                prop_assert!(!is_public(v4.into()));
            }
            let v6 = Ipv6Addr::from_bits(wide);
            if v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast() || v6.to_ipv4().is_some() {
                prop_assert!(!is_public(v6.into()));
            }
            prop_assert!(!is_public(v4.to_ipv6_mapped().into()));
        }
    }
}
