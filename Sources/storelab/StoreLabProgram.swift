import Commands

@main
struct StoreLabProgram {
    static func main() async { await StoreLab.start() }
}
