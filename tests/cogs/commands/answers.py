"""Long answers of commands, by what they say."""

from tests.cogs.office import Office


async def listed(office: Office) -> dict[str, str]:
    """Return the channels of the list, by what holds for them."""
    response = (await office.use(office.manager, "dzone channels list")).response
    assert response
    return {field.name or "": field.value or "" for field in response.embeds[0].fields}


async def status(office: Office) -> dict[str, str]:
    """Return the fields of the status, and by no name what stands above them."""
    response = (await office.use(office.manager, "dzone status")).response
    assert response
    assert response.ephemeral
    [embed] = response.embeds
    return {field.name or "": field.value or "" for field in embed.fields} | {"": embed.description or ""}
