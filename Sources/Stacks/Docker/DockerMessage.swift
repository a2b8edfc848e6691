package import Model

/// What Docker's messages mean, and what to do about them.
package enum DockerMessage {
    private struct Known {
        /// Any of them in the message, in lower case.
        var signs: [String]
        var kind: Problem.Kind
        var meaning: String
        var nextStep: String
    }

    /// The first that fits counts: the special stand before the general.
    private static let known = [
        Known(
            signs: ["permission denied while trying to connect", "dial unix", "docker daemon socket"], kind: .machine,
            meaning: "this user may not talk to the Docker engine",
            nextStep: "Run: sudo usermod -aG docker $USER, then log in again. Or use --stack local."),
        Known(
            signs: [
                "cannot connect to the docker daemon", "is the docker daemon running", "error during connect",
                "couldn't connect to docker daemon",
            ], kind: .machine, meaning: "no Docker engine answers",
            nextStep:
                "Start it (sudo systemctl start docker, or Docker Desktop), or set DOCKER_HOST. Or use --stack local."),
        Known(
            signs: ["no space left on device"], kind: .machine, meaning: "the Docker engine has no space left",
            nextStep: "See what uses it with docker system df, and free some with docker system prune."),
        Known(
            signs: ["non-overlapping ipv4 address pool", "all predefined address pools", "fully subnetted"],
            kind: .machine, meaning: "Docker has no address range left for another network",
            nextStep: "Remove networks that nothing uses with docker network prune."),
        Known(
            signs: ["pull access denied", "manifest unknown", "repository does not exist", "no matching manifest"],
            kind: .machine, meaning: "the registry has no such image",
            nextStep: "Check the image's name; STORELAB_MYSQL_IMAGE and its like name others."),
        Known(
            signs: [
                "registry-1.docker.io", "no such host", "i/o timeout", "tls handshake timeout",
                "network is unreachable",
                "connection refused", "temporary failure in name resolution",
                "request canceled while waiting for connection",
            ], kind: .machine, meaning: "the image's registry cannot be reached",
            nextStep:
                "Check the network or the proxy of the Docker engine. Or bring the image with docker load, or use "
                + "--stack local."),
        Known(
            signs: ["port is already allocated", "address already in use"], kind: .machine,
            meaning: "a port that the project publishes is taken",
            nextStep: "Stop what listens there; ss -ltnp shows it."),
    ]

    /// - Parameter action: what was tried, for the message.
    package static func explain(_ errors: String, doing action: String) -> Problem {
        let text = errors.lowercased()
        let words = lastLines(errors, 4)
        for trouble in known where trouble.signs.contains(where: text.contains) {
            // A refused socket of another program is no trouble of the engine's.
            if trouble.signs.contains("dial unix"), !text.contains("permission denied") { continue }
            return Problem(trouble.kind, "\(trouble.meaning) (\(action)):\n\(words)", nextStep: trouble.nextStep)
        }
        return Problem(.measurement, "\(action) failed:\n\(words)")
    }

    /// The end of a text, indented.
    static func lastLines(_ text: String, _ count: Int) -> String {
        text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("DEPRECATED") }.suffix(count)
            .map { "  | " + $0.prefix(300) }.joined(separator: "\n")
    }
}
