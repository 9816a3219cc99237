#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| loop_client_fuzz::asn_report(input));
