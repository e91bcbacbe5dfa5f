// A behaviour discovery client (RFC 5780) that somebody else wrote, as a program for a guest (behaviour_test.cc builds it).
module hermesh.test/behaviour

go 1.19

require github.com/pion/stun/v2 v2.0.0

require (
	github.com/pion/dtls/v2 v2.2.7 // indirect
	github.com/pion/logging v0.2.2 // indirect
	github.com/pion/transport/v2 v2.2.1 // indirect
	github.com/pion/transport/v3 v3.0.1 // indirect
	golang.org/x/crypto v0.12.0 // indirect
	golang.org/x/sys v0.11.0 // indirect
)
