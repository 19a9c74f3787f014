// What the public methods of this library take and give, so that its users import one module. All
// of TradingCore that is public is a value; parts of a module would come without their operators.
@_exported public import struct TTRPC.ClientTLS
@_exported public import struct TTRPC.Status
@_exported public import struct TTRPC.StatusCode
@_exported public import struct TTRPC.StatusDetail
@_exported public import struct TTRPC.TLSFileError
@_exported public import TradingCore

/// The standard library's, and not the number of an event that has the same name in there.
public typealias Sequence = Swift.Sequence
