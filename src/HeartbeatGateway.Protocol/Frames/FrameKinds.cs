using System.Collections.Immutable;

namespace HeartbeatGateway.Protocol.Frames;

/// <summary>The types that the protocol defines, as text and as kind.</summary>
public static class FrameKinds
{
    /// <summary>The type of a heartbeat.</summary>
    public static ReadOnlySpan<byte> Ping => "ping"u8;

    /// <summary>The type of the frame in which a client gives its client id.</summary>
    public static ReadOnlySpan<byte> Hello => "hello"u8;

    /// <summary>The type of the answer to a hello.</summary>
    public static ReadOnlySpan<byte> Welcome => "welcome"u8;

    /// <summary>The type of the last frame that the gateway sends on a connection.</summary>
    public static ReadOnlySpan<byte> Close => "close"u8;

    /// <summary>The type of an application message in the Netty heartbeat tutorial ("the article").</summary>
    public static ReadOnlySpan<byte> Message => "message"u8;

    /// <summary>The type of the frame that acknowledges numbered frames.</summary>
    public static ReadOnlySpan<byte> Ack => "ack"u8;

    /// <summary>All kinds, in the order of the enumeration.</summary>
    public static ImmutableArray<FrameKind> All { get; } = [.. Enum.GetValues<FrameKind>()];

    /// <summary>The kind of a trimmed type. Types are compared byte for byte: <c>Ping</c> is an application message.</summary>
    public static FrameKind Of(ReadOnlySpan<byte> type) => type.Length switch
    {
        3 when type.SequenceEqual(Ack) => FrameKind.Ack,
        4 when type.SequenceEqual(Ping) => FrameKind.Ping,
        5 when type.SequenceEqual(Hello) => FrameKind.Hello,
        5 when type.SequenceEqual(Close) => FrameKind.Close,
        7 when type.SequenceEqual(Message) => FrameKind.Message,
        7 when type.SequenceEqual(Welcome) => FrameKind.Welcome,
        _ => FrameKind.Other,
    };

    /// <summary>The name of the kind as metric label; <c>other</c> for all types that the protocol does not define.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not in the enumeration.</exception>
    public static string ToLabel(this FrameKind kind) => kind switch
    {
        FrameKind.Ping => "ping",
        FrameKind.Hello => "hello",
        FrameKind.Welcome => "welcome",
        FrameKind.Close => "close",
        FrameKind.Ack => "ack",
        FrameKind.Message => "message",
        FrameKind.Other => "other",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This frame kind has no label."),
    };
}
