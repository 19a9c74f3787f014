import ArgumentParser
import Foundation
import TTRPC

/// How a TCP connection to a server with TLS begins.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Connect with TLS and trust servers whose certificate these authorities signed, in "
                + "PEM (default: $TRADECTL_CA, else no TLS).",
            valueName: "file"
        )
    )
    var ca: String?

    @Option(
        help: ArgumentHelp(
            "The caller's certificate, where the server asks for one (default: $TRADECTL_CERT).",
            valueName: "file"
        )
    )
    var cert: String?

    @Option(
        help: ArgumentHelp("Its private key (default: $TRADECTL_CERT_KEY).", valueName: "file")
    )
    var certKey: String?

    /// Reads the files; nil where TLS is not wanted.
    func client() throws(Failure) -> ClientTLS? {
        let environment = ProcessInfo.processInfo.environment
        let authority = self.ca ?? environment["TRADECTL_CA"]
        let certificate = self.cert ?? environment["TRADECTL_CERT"]
        let key = self.certKey ?? environment["TRADECTL_CERT_KEY"]
        guard let authority else {
            guard certificate == nil, key == nil else {
                throw Failure(.usage, "--cert and --cert-key want --ca beside them")
            }
            return nil
        }
        let identity: (certificatePath: String, keyPath: String)?
        switch (certificate, key) {
        case (let certificate?, let key?): identity = (certificate, key)
        case (nil, nil): identity = nil
        default: throw Failure(.usage, "--cert and --cert-key go together")
        }
        do throws(TLSFileError) {
            return try ClientTLS(authorityPath: authority, identity: identity)
        } catch {
            throw Failure(.usage, error.description)
        }
    }
}
