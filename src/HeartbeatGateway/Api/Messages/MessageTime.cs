using System.Globalization;

namespace HeartbeatGateway.Api.Messages;

/// <summary>The times that a caller gives with a message, checked.</summary>
internal static class MessageTime
{
    /// <summary>The longest time that an answer may wait, in seconds.</summary>
    public const double MaxWaitSeconds = 30;

    /// <summary>Reads the parameter <c>wait</c>; 0 without it.</summary>
    /// <exception cref="ApiProblemException">It is not from 0 to 30 seconds.</exception>
    public static TimeSpan Wait(string? text)
    {
        if (text is null) return TimeSpan.Zero;
        // No exponent, sign or blank, and neither NaN nor infinity.
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and <= MaxWaitSeconds) return TimeSpan.FromSeconds(seconds);
        throw Wrong("invalid_parameter", $"The parameter 'wait' is '{ApiText.Quote(text)}', but must be a number of seconds from 0 to {MaxWaitSeconds}.");
    }

    /// <summary>Reads the field <c>ttlSeconds</c>; null without it.</summary>
    /// <exception cref="ApiProblemException">It is not above 0, or above the longest time.</exception>
    public static TimeSpan? Ttl(double? given, TimeSpan max)
    {
        if (given is not { } seconds) return null;
        if (max == TimeSpan.Zero) throw Wrong("invalid_ttl", "'ttlSeconds' is given, but this gateway holds no messages (Gateway:Messages:MaxTtl is 0).");
        // Also refuses NaN, which JSON can carry as a text, and what is 0 as a length of time.
        if (seconds > 0 && seconds <= max.TotalSeconds && TimeSpan.FromSeconds(seconds) is var ttl && ttl > TimeSpan.Zero) return ttl;
        throw Wrong("invalid_ttl", string.Create(CultureInfo.InvariantCulture, $"'ttlSeconds' is {seconds}, but must be above 0 and at most {max.TotalSeconds} (Gateway:Messages:MaxTtl)."));
    }

    private static ApiProblemException Wrong(string code, string detail) => new(ApiProblem.BadRequest(code, detail));
}
