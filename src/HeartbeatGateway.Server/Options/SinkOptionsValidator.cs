using HeartbeatGateway.Shared.Text;

namespace HeartbeatGateway.Server.Options;

/// <summary>Validates <see cref="MessageOptions.Sinks"/>. Each sentence starts with the wrong key.</summary>
internal static class SinkOptionsValidator
{
    private static readonly string Listed = $"{string.Join(", ", SinkKinds.All.SkipLast(1))} or {SinkKinds.All[^1]}";

    public static IEnumerable<string> Validate(IList<SinkOptions> sinks)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < sinks.Count; i++)
        {
            var (key, kind) = ($"Gateway:Messages:Sinks:{i}", sinks[i].Kind);
            if (string.IsNullOrEmpty(kind)) yield return $"{key}:Kind is missing, but must be {Listed}.";
            else if (!SinkKinds.All.Contains(kind, StringComparer.OrdinalIgnoreCase)) yield return $"{key}:Kind is '{kind}', but must be {Listed}; did you mean {Nearest(kind)}?";
            else if (!seen.Add(kind)) yield return $"{key}:Kind is {kind} again, but each sink stands once. Remove {key}.";
        }

        if (sinks.Count > 0 && sinks.All(sink => !sink.Required))
        {
            yield return "Gateway:Messages:Sinks has no sink that is Required, so no sink would be responsible for a message. Set Required of one of them to true.";
        }
    }

    private static string Nearest(string kind) => SinkKinds.All.MinBy(known => EditDistance.Of(known, kind.ToLowerInvariant()))!;
}
