using System.Globalization;
using System.Text;
using HeartbeatGateway.Server.Messages;
using StackExchange.Redis;

namespace HeartbeatGateway.Redis.Streams;

/// <summary>A message that is on its way into its stream.</summary>
/// <param name="Message">The message.</param>
/// <param name="Receipt">Gets its verdict.</param>
/// <param name="TakenAt">When it was taken, by the monotonic clock.</param>
/// <param name="Time">When it was taken, by the wall clock.</param>
internal sealed record WaitingMessage(GatewayMessage Message, MessageReceipt Receipt, long TakenAt, DateTimeOffset Time)
{
    /// <summary>What a message takes beside its content, its type and its names, about.</summary>
    private const int OverheadBytes = 512;

    public int Bytes => BytesOf(Message);

    /// <summary>An earlier try may have added it. Changed by its lane only, between two tries.</summary>
    public bool MayBeAdded { get; set; }

    public static int BytesOf(GatewayMessage message) => message.Content.Length + Encoding.UTF8.GetByteCount(message.Type) + OverheadBytes;

    /// <summary>The fields of the entry; docs/cluster.md documents them.</summary>
    /// <param name="node">The name of this node.</param>
    public NameValueEntry[] Fields(string node)
    {
        var fields = new List<NameValueEntry>(9);
        if (Message.ClientId is { } client) fields.Add(new("client", client));
        fields.Add(new("connection", Message.ConnectionId.ToString()));
        if (Message.Instance is { } instance) fields.Add(new("instance", instance));
        if (Message.Number is { } number) fields.Add(new("number", number));
        fields.Add(new("type", Message.Type));
        fields.Add(new("content", Message.Content));
        fields.Add(new("received", Message.ReceivedAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)));
        if (Message.IsRedelivered || MayBeAdded) fields.Add(new("redelivered", "1"));
        fields.Add(new("node", node));
        return [.. fields];
    }
}
