using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace HeartbeatGateway.Api;

/// <summary>Refuses unknown query parameters: a misspelt filter would otherwise choose everything.</summary>
internal static class KnownParameters
{
    /// <summary>Allows the parameters that a type declares.</summary>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Of<T>()
    {
        return Of([.. typeof(T).GetProperties().Select(p => p.GetCustomAttribute<FromQueryAttribute>()?.Name ?? p.Name)]);
    }

    /// <summary>Allows some parameters.</summary>
    /// <param name="names">Their names.</param>
    public static Func<EndpointFilterInvocationContext, EndpointFilterDelegate, ValueTask<object?>> Of(params string[] names)
    {
        return (context, next) => context.HttpContext.Request.Query.Keys.FirstOrDefault(key => !names.Contains(key, StringComparer.OrdinalIgnoreCase)) is { } unknown
            ? ValueTask.FromResult<object?>(ApiProblem.BadRequest("unknown_parameter", $"The parameter '{ApiText.Quote(unknown)}' is not known; there are {string.Join(", ", names)}."))
            : next(context);
    }
}
