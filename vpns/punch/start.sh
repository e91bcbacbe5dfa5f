#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tunnel in the foreground: its interface, where its state goes, the rendezvous, this machine, its peers.
set -eu
set -- punch0 "${folder}" ${relay.public_address} 3478 ${self.index}
${for peer in peers}
set -- "$@" ${peer.index} ${peer.overlay}
${end}
exec ${program} tunnel "$@"
