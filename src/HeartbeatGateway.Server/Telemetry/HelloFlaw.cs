namespace HeartbeatGateway.Server.Telemetry;

/// <summary>Why the content of a hello frame is no hello although it resembles one; the label <c>cause</c> of <c>hello_malformed_total</c>.</summary>
internal enum HelloFlaw
{
    /// <summary>A byte order mark stands before the JSON.</summary>
    ByteOrderMark,

    /// <summary>The content is not UTF-8.</summary>
    WrongEncoding,

    /// <summary>A comma stands after the last field or item.</summary>
    TrailingComma,

    /// <summary>The JSON contains comments.</summary>
    Comment,

    /// <summary>Bytes follow the JSON object, such as a NUL.</summary>
    TrailingBytes,

    /// <summary>The JSON ends before its object does.</summary>
    Incomplete,

    /// <summary>The JSON nests deeper than eight levels.</summary>
    TooDeep,

    /// <summary>Any other content that is not valid JSON.</summary>
    InvalidJson,

    /// <summary>The JSON is a list or a text, and not an object.</summary>
    NotObject,

    /// <summary>The field is spelt otherwise, such as <c>clientid</c> or <c>client_id</c>.</summary>
    WrongKey,

    /// <summary>The field stands in an object inside the object.</summary>
    Nested,

    /// <summary>Other fields of a hello are there, and <c>clientId</c> is missing.</summary>
    MissingClientId,

    /// <summary>The type of the frame is spelt otherwise, such as <c>Hello</c>.</summary>
    WrongType,
}
