using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace HeartbeatGateway.Api.Clients;

/// <summary>A question for a page of clients.</summary>
/// <param name="Filter">Which.</param>
/// <param name="Sort">In which order.</param>
/// <param name="IsDescending">Turned around.</param>
/// <param name="Limit">The largest number of clients on the page.</param>
/// <param name="After">The last client of the page before; null for the first page.</param>
internal sealed record ClientQuery(ClientFilter Filter, ClientSort Sort, bool IsDescending, int Limit, ClientPosition? After)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1000;
}

/// <summary>A place in an ordered list of clients: value, then number of the connection.</summary>
/// <param name="Value">The value that is ordered by.</param>
/// <param name="Sequence">The number of the connection.</param>
internal readonly record struct ClientPosition(long Value, uint Sequence)
{
    /// <summary>Compares in ascending order.</summary>
    public static int Compare(ClientPosition a, ClientPosition b) =>
        a.Value != b.Value ? a.Value.CompareTo(b.Value) : a.Sequence.CompareTo(b.Sequence);
}

/// <summary>
/// Writes and reads cursors: a position, with marks of the process and the query that it belongs to. A cursor gives no right and holds no secret;
/// the marks find mistakes.
/// </summary>
internal sealed class CursorFormat
{
    private const int MarkBytes = 8;
    private const int Length = (2 * MarkBytes) + sizeof(long) + sizeof(uint);

    private readonly byte[] _process = RandomNumberGenerator.GetBytes(MarkBytes);

    public string Write(string query, ClientPosition position)
    {
        Span<byte> bytes = stackalloc byte[Length];
        _process.CopyTo(bytes);
        MarkOf(query).CopyTo(bytes[MarkBytes..]);
        BitConverter.TryWriteBytes(bytes[(2 * MarkBytes)..], position.Value);
        BitConverter.TryWriteBytes(bytes[((2 * MarkBytes) + sizeof(long))..], position.Sequence);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Writes a cursor of a list that is ordered by numbers.</summary>
    public string WriteNumber(string query, long number) => Write(query, new ClientPosition(number, 0));

    /// <summary>Reads a cursor of a list that is ordered by numbers.</summary>
    /// <exception cref="ApiProblemException">It is not one, or belongs to another query or process.</exception>
    public long ReadNumber(string cursor, string query) => Read(cursor, query, out var position) is { } fault
        ? throw new ApiProblemException(ApiProblem.BadRequest("invalid_cursor", $"The cursor {fault}."))
        : position.Value;

    /// <summary>Reads a cursor.</summary>
    /// <param name="cursor">The text.</param>
    /// <param name="query">The query that it is used with.</param>
    /// <param name="position">The position; default on failure.</param>
    /// <returns>What is wrong, in words; null when nothing is.</returns>
    public string? Read(string cursor, string query, out ClientPosition position)
    {
        position = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (cursor.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.IsValid(cursor) || Base64Url.DecodeFromChars(cursor, bytes) != Length)
        {
            return "is not a cursor of this gateway; use the value of 'next' from the page before, unchanged";
        }

        if (!bytes[..MarkBytes].SequenceEqual(_process)) return "is of an earlier run of the gateway; begin with the first page";
        if (!bytes[MarkBytes..(2 * MarkBytes)].SequenceEqual(MarkOf(query))) return "belongs to another filter or order; begin with the first page";
        position = new ClientPosition(BitConverter.ToInt64(bytes[(2 * MarkBytes)..]), BitConverter.ToUInt32(bytes[((2 * MarkBytes) + sizeof(long))..]));
        return null;
    }

    private static byte[] MarkOf(string query) => SHA256.HashData(Encoding.UTF8.GetBytes(query))[..MarkBytes];
}
