// SPDX-License-Identifier: MIT

//go:build tools

// Package tools names the program that go.sum locks.
package tools

import _ "github.com/pion/stun/v2/cmd/stun-nat-behaviour"
