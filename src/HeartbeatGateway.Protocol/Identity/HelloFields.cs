using System.Collections.Immutable;
using System.Text.Json;
using HeartbeatGateway.Protocol.Frames;

namespace HeartbeatGateway.Protocol.Identity;

/// <summary>Reads the fields of a hello one by one and records the first fault.</summary>
internal sealed class HelloFields(JsonElement hello)
{
    private const int MaxFeatures = 32;

    /// <summary>The first broken rule; null when there is none. It never contains text from the peer.</summary>
    public string? Fault { get; private set; } = FirstDuplicate(hello);

    public string ClientId()
    {
        var text = Text("clientId");
        return Identity.ClientId.IsValid(text) ? text! : Fail($"clientId must have 1 to {Identity.ClientId.MaxLength} characters of A-Z a-z 0-9 . _ : -");
    }

    public string Nonce()
    {
        if (!hello.TryGetProperty("nonce", out _)) return Fail($"nonce is missing; it must be random and have {HelloPayload.MinNonceLength} to {HelloPayload.MaxTextLength} characters");
        return Text("nonce") is { Length: >= HelloPayload.MinNonceLength and <= HelloPayload.MaxTextLength } nonce
            ? nonce
            : Fail($"nonce must have {HelloPayload.MinNonceLength} to {HelloPayload.MaxTextLength} characters");
    }

    /// <summary>Reads a text of 1 to 128 characters; null when the field is absent or null.</summary>
    public string? OptionalText(string name)
    {
        if (IsAbsent(name)) return null;
        return Text(name) is { Length: >= 1 and <= HelloPayload.MaxTextLength } text ? text : Fail($"{name} must be a text of 1 to {HelloPayload.MaxTextLength} characters");
    }

    /// <summary>Reads the name and version of the client's library; null when the field is absent or null.</summary>
    public string? Library()
    {
        if (IsAbsent("client")) return null;
        return Text("client") is { } text && ClientLibrary.IsValid(text) ? text : Fail($"client must be name/version, up to {ClientLibrary.MaxLength} printable ASCII characters");
    }

    public long? Attempt()
    {
        if (IsAbsent("attempt")) return null;
        if (hello.GetProperty("attempt") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var attempt) && attempt >= 0) return attempt;
        Fail("attempt must be a whole number of 0 or more");
        return null;
    }

    public long? Sent()
    {
        if (IsAbsent("sent")) return null;
        if (hello.GetProperty("sent") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var sent) && sent is >= 0 and <= FrameNumber.Max) return sent;
        Fail($"sent must be a whole number of 0 to {FrameNumber.Max}");
        return null;
    }

    public TimeSpan? Heartbeat()
    {
        if (IsAbsent("heartbeatSeconds")) return null;
        if (hello.GetProperty("heartbeatSeconds") is { ValueKind: JsonValueKind.Number } number
            && number.TryGetDouble(out var seconds) && seconds > 0 && seconds <= HelloPayload.MaxHeartbeat.TotalSeconds)
        {
            return PayloadJson.Duration(seconds);
        }

        Fail($"heartbeatSeconds must be a number above 0 and at most {HelloPayload.MaxHeartbeat.TotalSeconds}");
        return null;
    }

    public ImmutableArray<string> Features()
    {
        if (IsAbsent("features")) return [];
        if (PayloadJson.ReadFeatures(hello) is { Length: <= MaxFeatures } features) return features;
        Fail($"features must be a list of at most {MaxFeatures} texts");
        return [];
    }

    private static string? FirstDuplicate(JsonElement hello)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return hello.EnumerateObject().Any(p => !names.Add(p.Name)) ? "a field occurs twice" : null;
    }

    private bool IsAbsent(string name) => !hello.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;

    private string? Text(string name) => PayloadJson.Text(hello, name);

    private string Fail(string fault)
    {
        Fault ??= fault;
        return "";
    }
}
