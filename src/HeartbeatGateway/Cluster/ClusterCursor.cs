using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HeartbeatGateway.Api;
using HeartbeatGateway.Api.Clients;

namespace HeartbeatGateway.Cluster;

/// <summary>
/// Writes and reads the cursors of lists of several nodes: a mark of the query, and a position for each node, by the run of its process. Any node can
/// continue such a list. A cursor gives no right and holds no secret.
/// </summary>
internal static class ClusterCursor
{
    /// <summary>The most nodes of a cursor; it is part of a URL.</summary>
    public const int MaxNodes = 200;

    private const byte Version = 1;
    private const int MarkBytes = 8;
    private const int RunBytes = 8;
    private const int HeadBytes = 1 + MarkBytes;
    private const int ItemBytes = RunBytes + sizeof(long) + sizeof(uint);

    /// <summary>Writes a cursor; null on the last page.</summary>
    /// <param name="query">Names the filter and order.</param>
    /// <param name="positions">The positions; null on the last page.</param>
    public static string? Write(string query, IReadOnlyDictionary<string, ClientPosition>? positions)
    {
        if (positions is null) return null;
        var bytes = new byte[HeadBytes + (Math.Min(positions.Count, MaxNodes) * ItemBytes)];
        bytes[0] = Version;
        MarkOf(query).CopyTo(bytes.AsSpan(1));
        var at = HeadBytes;
        foreach (var (run, position) in positions.Take(MaxNodes))
        {
            Convert.FromHexString(run).CopyTo(bytes.AsSpan(at, RunBytes));
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + RunBytes), position.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + RunBytes + sizeof(long)), position.Sequence);
            at += ItemBytes;
        }

        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor; without one the lists begin.</summary>
    /// <exception cref="ApiProblemException">It is not one, or belongs to another query.</exception>
    public static IReadOnlyDictionary<string, ClientPosition> Read(string? cursor, string query)
    {
        var positions = new Dictionary<string, ClientPosition>(StringComparer.Ordinal);
        if (cursor is null) return positions;
        if (cursor.Length > Base64Url.GetEncodedLength(HeadBytes + (MaxNodes * ItemBytes)) || !Base64Url.IsValid(cursor)) throw Wrong("is not a cursor of this cluster; use the value of 'next' from the page before, unchanged");
        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length < HeadBytes || bytes[0] != Version || (bytes.Length - HeadBytes) % ItemBytes != 0) throw Wrong("is not a cursor of this cluster; use the value of 'next' from the page before, unchanged");
        if (!bytes.AsSpan(1, MarkBytes).SequenceEqual(MarkOf(query))) throw Wrong("belongs to another filter or order; begin with the first page");
        for (var at = HeadBytes; at < bytes.Length; at += ItemBytes)
        {
            positions[Convert.ToHexStringLower(bytes.AsSpan(at, RunBytes))] = new ClientPosition(
                BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + RunBytes)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + RunBytes + sizeof(long))));
        }

        return positions;
    }

    private static ApiProblemException Wrong(string fault) => new(ApiProblem.BadRequest("invalid_cursor", $"The cursor {fault}."));

    private static ReadOnlySpan<byte> MarkOf(string query) => SHA256.HashData(Encoding.UTF8.GetBytes(query)).AsSpan(0, MarkBytes);
}
