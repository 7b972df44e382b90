using HeartbeatGateway.Shared.Logging;

namespace HeartbeatGateway.Api;

/// <summary>Text of a caller in answers: escaped and bounded.</summary>
internal static class ApiText
{
    private const int MaxChars = 100;

    public static string Quote(string value) => PrintableText.From(value, MaxChars);
}
