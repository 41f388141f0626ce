internal import FleetReconciler

extension PackageError {
    /// A file that could not be read or written, as the port's error.
    init(_ error: FileError) {
        self.init(error.isLackOfSpace ? .noSpace : .unreadable, error.message)
    }
}

/// Runs `body` and turns its file error into the port's.
func mappingFileErrors<Value>(_ body: () throws(FileError) -> Value) throws(PackageError) -> Value {
    do {
        return try body()
    } catch {
        throw PackageError(error)
    }
}
