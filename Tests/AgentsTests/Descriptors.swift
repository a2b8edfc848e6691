import Glibc

func dupped(_ descriptor: CInt) -> CInt { dup(descriptor) }
func closed(_ descriptor: CInt) { close(descriptor) }
func written(_ bytes: [UInt8], to descriptor: CInt) -> Int { write(descriptor, bytes, bytes.count) }
