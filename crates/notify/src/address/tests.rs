use proptest::prelude::*;

use super::*;

/// What must be refused as it stands, behind `http://` and `https://`.
const REFUSED: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "ｌocalhost",
    "localhost",
    "LOCALHOST.",
    "localhost..",
    "a.localhost",
    "printer.local",
    "intranet",
    "router.home.arpa",
    "1.0.0.127.in-addr.arpa",
    "user@127.0.0.1",
    "@1.1.1.1",
    ":@1.1.1.1",
    "user:pass@1.1.1.1",
    "1.1.1.1&@127.0.0.1",
    "1.1.1.1#@127.0.0.1",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:5ef5:79fb::80ff:fffe]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata.google.internal",
    "metadata.google.internal.",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "198.18.0.1",
    "255.255.255.255",
    "224.0.0.1",
    "",
    "exa mple.com",
];

fn open() -> Rules {
    Rules::default().plain_http(true)
}

fn allowing(entries: &[&str]) -> Rules {
    entries.iter().try_fold(open(), |rules, entry| rules.allow(entry)).expect("entries")
}

#[test]
fn every_way_to_write_an_inner_address_is_refused() {
    for host in REFUSED {
        for scheme in ["http", "https"] {
            for tail in ["", "/hook", ":8080/hook"] {
                let tail = if host.contains('#') { "" } else { tail };
                let url = format!("{scheme}://{host}{tail}");
                assert!(open().check_url(&url).is_err(), "{url}");
            }
        }
    }
}

#[test]
fn other_schemes_are_refused() {
    for url in [
        "file:///etc/passwd",
        "gopher://1.1.1.1/",
        "ftp://1.1.1.1/",
        "javascript:alert(1)",
        "unix:/run/docker.sock",
        "ws://1.1.1.1/",
    ] {
        assert_eq!(open().check_url(url), Err(Refused::NotHttp), "{url}");
        assert_eq!(Rules::default().check_url(url), Err(Refused::NotHttps), "{url}");
    }
    assert_eq!(Rules::default().check_url("http://example.com/"), Err(Refused::NotHttps));
    assert_eq!(Rules::default().check_url("no address"), Err(Refused::Malformed));
}

#[test]
fn public_addresses_and_names_are_accepted() {
    for host in [
        "172.32.0.1",
        "100.128.0.1",
        "169.253.1.1",
        "[2606:4700::1111]",
        "hooks.example.com",
        "bücher.example",
    ] {
        let url = Rules::default().check_url(&format!("https://{host}/a?b=c@d")).expect("public");
        assert_eq!(url.path(), "/a");
    }
}

#[test]
fn user_names_and_fragments_have_their_own_reasons() {
    assert_eq!(open().check_url("https://@example.com/"), Err(Refused::Credentials));
    assert_eq!(open().check_url("https://example.com/#a"), Err(Refused::Fragment));
}

#[test]
fn one_inner_address_among_many_refuses_the_name() {
    let ips = |list: &[&str]| list.iter().map(|ip| ip.parse().expect("an address")).collect::<Vec<IpAddr>>();
    let check = |list: &[&str]| open().check_addresses("hooks.example.com", &ips(list));
    assert_eq!(check(&["1.1.1.1", "2606:4700::1111"]), Ok(()));
    assert_eq!(check(&["1.1.1.1", "127.0.0.1"]), Err(Refused::Inside));
    assert_eq!(check(&["::ffff:10.0.0.1"]), Err(Refused::Inside));
    assert_eq!(check(&[]), Err(Refused::NotFound));
}

#[test]
fn a_network_that_is_allowed_is_allowed_by_address_only() {
    let rules = allowing(&["127.0.0.1/32", "10.1.0.0/16", "fd00:1::/64"]);
    for url in ["http://127.0.0.1:9/", "http://2130706433/", "https://10.1.2.3/", "https://[fd00:1::2]/"] {
        assert!(rules.check_url(url).is_ok(), "{url}");
    }
    for url in ["http://127.0.0.2/", "http://localhost/", "http://[::ffff:127.0.0.1]/", "https://10.2.0.1/"] {
        assert_eq!(rules.check_url(url), Err(Refused::Inside), "{url}");
    }
    let ip = "10.1.2.3".parse().expect("an address");
    assert_eq!(rules.check_addresses("ci.example.com", &[ip]), Ok(()));
}

#[test]
fn a_name_that_is_allowed_is_trusted_except_with_metadata() {
    let rules = allowing(&["ci.internal", "*.corp.example", "Mattermost"]);
    for url in ["http://CI.internal./", "http://a.corp.example/", "http://mattermost:8065/hooks/x"] {
        assert!(rules.check_url(url).is_ok(), "{url}");
    }
    assert_eq!(rules.check_url("http://x.ci.internal/"), Err(Refused::Inside));
    let check = |name: &str, ip: &str| rules.check_addresses(name, &[ip.parse().expect("an address")]);
    assert_eq!(check("ci.internal", "10.0.0.1"), Ok(()));
    assert_eq!(check("a.corp.example", "192.168.1.1"), Ok(()));
    assert_eq!(check("corp.example", "192.168.1.1"), Err(Refused::Inside));
    assert_eq!(check("xcorp.example", "192.168.1.1"), Err(Refused::Inside));
    assert_eq!(check("ci.internal", "169.254.169.254"), Err(Refused::Inside));
    assert_eq!(check("ci.internal", "::ffff:169.254.169.254"), Err(Refused::Inside));
    assert_eq!(check("ci.internal", "fd00:ec2::254"), Err(Refused::Inside));
}

#[test]
fn what_is_denied_stays_denied() {
    let rules = allowing(&["10.0.0.0/8", "ci.internal"]).deny("10.9.0.0/16").expect("a network");
    let rules = rules.deny("2606:4700::/32").expect("a network").deny_own("Models.Example.com", 443);
    assert!(rules.check_url("http://10.8.0.1/").is_ok());
    assert_eq!(rules.check_url("http://10.9.0.1/"), Err(Refused::Inside));
    assert_eq!(rules.check_url("https://[2606:4700::1111]/"), Err(Refused::Inside));
    assert_eq!(
        rules.check_addresses("ci.internal", &["10.9.0.1".parse().expect("an address")]),
        Err(Refused::Inside)
    );
    assert_eq!(rules.check_url("https://models.example.com./x"), Err(Refused::Inside));
    assert!(rules.check_url("https://models.example.com:8443/x").is_ok());
    let own = allowing(&["127.0.0.0/8"]).deny_own("127.0.0.1", 5000);
    assert_eq!(own.check_url("http://127.1:5000/"), Err(Refused::Inside));
}

#[test]
fn behind_dns64_the_inner_address_counts() {
    let rules = Rules::default().dns64(true).deny("8.8.8.8").expect("an address");
    assert!(rules.check_url("https://[64:ff9b::101:101]/").is_ok());
    for url in ["https://[64:ff9b::7f00:1]/", "https://[64:ff9b::808:808]/", "https://[64:ff9b:1::101:101]/"]
    {
        assert_eq!(rules.check_url(url), Err(Refused::Inside), "{url}");
    }
}

#[test]
fn entries_that_are_nothing_are_named() {
    for entry in ["10.0.0.0/33", "127.0.0.1:80", "https://x.example/", "", "a b", "*", "*.*.example", "127.1"]
    {
        assert_eq!(Rules::default().allow(entry).err(), Some(BadEntry(entry.into())), "{entry}");
    }
    assert!(Rules::default().deny("example.com").is_err());
    assert!(!Rules::default().allows_inside() && allowing(&["::1"]).allows_inside());
}

#[test]
fn only_scheme_host_and_port_are_shown() {
    assert_eq!(masked("https://hooks.slack.com/services/T/B/X?y"), "https://hooks.slack.com/…");
    assert_eq!(masked("http://u:p@[::1]:81/x"), "http://[::1]:81/…");
    assert_eq!(masked("mailto:secret@example.com"), "…");
    assert_eq!(masked("secret"), "…");
}

proptest! {
    #[test]
    fn an_address_is_judged_alike_in_every_notation(bits: u32) {
        let [a, b, c, d] = bits.to_be_bytes();
        let plain = open().check_url(&format!("http://{a}.{b}.{c}.{d}/")).is_ok();
        for host in [
            format!("{bits}"),
            format!("{bits:#x}"),
            format!("0{bits:o}"),
            format!("{a:#x}.0{b:o}.{c}.{d}."),
            format!("{a}.{b}.{}", bits & 0xffff),
        ] {
            prop_assert_eq!(open().check_url(&format!("http://{host}/")).is_ok(), plain, "{}", host);
        }
        let mapped = format!("http://[::ffff:{a}.{b}.{c}.{d}]/");
        prop_assert!(open().check_url(&mapped).is_err());
    }

    #[test]
    fn whatever_is_accepted_has_a_checked_host_and_nothing_that_misleads(text in "[a-z0-9@:/#.\\[\\]%\\\\?-]{0,30}") {
        if let Ok(url) = open().check_url(&format!("http://{text}")) {
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            match url.host().expect("a host") {
                Host::Ipv4(ip) => prop_assert!(ranges::is_public(ip.into())),
                Host::Ipv6(ip) => prop_assert!(ranges::is_public(ip.into())),
                Host::Domain(name) => prop_assert!(!is_inner_name(&plain_name(name))),
            }
        }
    }
}
