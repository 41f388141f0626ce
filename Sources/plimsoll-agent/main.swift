internal import FleetRepository
internal import Glibc

// Internal: how this program starts itself for work on the network, see NetworkChild.
if CommandLine.arguments.dropFirst().first == "network-worker" { exit(NetworkWorker.run()) }
