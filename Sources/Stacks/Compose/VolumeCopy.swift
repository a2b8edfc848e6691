/// Copies a volume into another one, in a container of an image that the project has already.
package struct VolumeCopy: Sendable, Equatable {
    package var from: String
    package var to: String
    /// It has a shell, `cp` and `rm`.
    package var image: String
    /// The project of the container, by which it is found should it be left behind.
    package var project: String

    package init(from: String, to: String, image: String, project: String) {
        self.from = from
        self.to = to
        self.image = image
        self.project = project
    }

    /// The name of the volume that keeps what another held at the start.
    package static func kept(_ volume: String) -> String { volume + "-storelab-start" }

    /// Whether an image can copy: arguments of `docker`.
    package static func trial(of image: String, project: String) -> [String] {
        run(image, [], "command -v cp && command -v rm", project)
    }

    /// Makes the volume that is copied to: arguments of `docker`. Of a volume that is there it says nothing.
    package var create: [String] { ["volume", "create", "--label", "\(Container.projectLabel)=\(project)", to] }

    /// Arguments of `docker`. Hidden files are copied and removed too, owners and times are kept.
    package var arguments: [String] {
        Self.run(
            image, ["--volume", "\(from):/from:ro", "--volume", "\(to):/to"],
            "cd /to && rm -rf ./* ./.[!.]* ./..?* && cp -a /from/. /to/", project)
    }

    private static func run(_ image: String, _ volumes: [String], _ script: String, _ project: String) -> [String] {
        ["run", "--rm", "--network", "none", "--user", "0:0", "--label", "\(Container.projectLabel)=\(project)"]
            + volumes
            + ["--entrypoint", "/bin/sh", image, "-c", script]
    }
}
