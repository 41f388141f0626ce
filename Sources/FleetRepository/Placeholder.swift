internal import FleetCore
