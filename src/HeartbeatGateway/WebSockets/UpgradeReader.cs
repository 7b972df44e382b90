using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace HeartbeatGateway.WebSockets;

/// <summary>Reads the head of the one HTTP request that a connection begins with. The engine's handshake timeout bounds the time, by an aborted transport.</summary>
internal static class UpgradeReader
{
    /// <summary>
    /// The longest head, in bytes: twice what browsers send with the cookies of a page. Together with the pipe's blocks an unauthenticated connection
    /// holds at most 12 KiB.
    /// </summary>
    public const int MaxHeadBytes = 8 * 1024;

    private static readonly HttpParser<UpgradeRequest> Parser = new();

    /// <param name="input">What the connection brings. The bytes behind the head stay in it.</param>
    /// <returns>The request; or why it is refused; or neither when the peer has closed before its first byte.</returns>
    public static async ValueTask<(UpgradeRequest? Request, UpgradeRefusal? Refusal)> ReadAsync(PipeReader input)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            if (HasOtherStart(buffer)) return Refuse(input, buffer, UpgradeRefusal.NoGetRequest);
            if (FindEnd(buffer) is { } end)
            {
                var answer = Parse(buffer.Slice(0, end));
                input.AdvanceTo(end);
                return answer;
            }

            if (buffer.Length >= MaxHeadBytes) return Refuse(input, buffer, UpgradeRefusal.HeadTooLarge);
            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCanceled) throw new OperationCanceledException("The read was cancelled.");
            if (read.IsCompleted) return (null, buffer.IsEmpty ? null : UpgradeRefusal.Incomplete);
        }
    }

    private static (UpgradeRequest? Request, UpgradeRefusal? Refusal) Refuse(PipeReader input, in ReadOnlySequence<byte> buffer, UpgradeRefusal refusal)
    {
        input.AdvanceTo(buffer.End);
        return (null, refusal);
    }

    /// <summary>A raw frame, or another method than GET, is recognised by its first bytes and not waited for.</summary>
    private static bool HasOtherStart(in ReadOnlySequence<byte> buffer)
    {
        var expected = "GET "u8;
        Span<byte> start = stackalloc byte[expected.Length];
        start = start[..(int)Math.Min(buffer.Length, start.Length)];
        buffer.Slice(0, start.Length).CopyTo(start);
        return !expected.StartsWith(start);
    }

    /// <summary>The position behind the empty line that ends the head; null when it has not come, or not within the longest head.</summary>
    private static SequencePosition? FindEnd(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer.Slice(0, Math.Min(buffer.Length, MaxHeadBytes)));
        return reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n\r\n"u8) ? reader.Position : null;
    }

    private static (UpgradeRequest? Request, UpgradeRefusal? Refusal) Parse(in ReadOnlySequence<byte> head)
    {
        var reader = new SequenceReader<byte>(head);
        var request = new UpgradeRequest();
        try
        {
            return Parser.ParseRequestLine(request, ref reader) && Parser.ParseHeaders(request, ref reader) ? (request, null) : (null, UpgradeRefusal.BadRequest);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            return (null, UpgradeRefusal.BadRequest);
        }
    }
}
