using System.Buffers;
using HeartbeatGateway.Protocol.Frames;
using HeartbeatGateway.Protocol.Identity;

namespace HeartbeatGateway.Cli.Frames;

/// <summary>Checks the content of frame types that the protocol defines.</summary>
internal static class ContentCheck
{
    public static IEnumerable<Finding> Find(string type, ReadOnlySpan<byte> content, int offset)
    {
        var sequence = new ReadOnlySequence<byte>(content.ToArray());
        return type switch
        {
            "hello" => [Hello(sequence, offset)],
            "welcome" => [Known(WelcomePayload.TryParse(sequence, out _), "welcome", offset)],
            "close" => [Known(ClosePayload.TryParse(sequence, out _), "close", offset)],
            "ping" when !content.IsEmpty =>
                [new Finding(Severity.Note, "content", "a ping needs no content; a gateway ignores it", offset, content.Length)],
            _ => [],
        };
    }

    private static Finding Hello(in ReadOnlySequence<byte> content, int offset)
    {
        var reading = HelloPayload.Read(content);
        return reading.Outcome switch
        {
            HelloOutcome.Valid => new Finding(Severity.Ok, "content", $"a hello of {reading.Hello!.ClientId}"),
            HelloOutcome.Malformed => new Finding(
                Severity.Wrong, "content", $"the gateway refuses this hello as bad_hello: {reading.Fault}", offset, (int)content.Length),
            _ => new Finding(
                Severity.Note,
                "content",
                "not a JSON object with a clientId: an application message with the type hello",
                offset,
                (int)content.Length),
        };
    }

    private static Finding Known(bool isGood, string type, int offset) => isGood
        ? new Finding(Severity.Ok, "content", $"valid content of a {type}")
        : new Finding(Severity.Note, "content", $"not the JSON of a {type} from the gateway", offset);
}
